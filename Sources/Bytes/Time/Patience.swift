/// The time limit of a request's waits for answers of another machine (a PostgreSQL server, S3).
///
/// A machine may be reachable and still not answer. The work for a request therefore has a patience. Code that waits for
/// another machine ends the wait with an error when the time is over:
///
///     try Patience.$current.withValue(.seconds(15)) { try database.read { … } }
///
/// The limit belongs to the task or thread that set it, and to the tasks made by these. Code that moves work to another
/// thread passes the limit on. Background work sets no limit and waits as long as the connection lasts.
package enum Patience {
    @TaskLocal package static var current: Duration?
}
