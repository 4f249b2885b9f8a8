/// How long a request waits for the next answer of another machine (a PostgreSQL server, S3).
///
/// A machine that can be reached may still say nothing. The work for a request therefore has a patience. Code that waits
/// for another machine ends the wait with an error when the patience is over:
///
///     try Patience.$current.withValue(.seconds(15)) { try database.read { … } }
///
/// Known to the task or thread that set it and to the tasks that these make. Code that gives work to another thread hands it
/// on. Background work sets none and waits as long as the connection lasts.
package enum Patience {
    @TaskLocal package static var current: Duration?
}
