/// Says in a database that it is the unfinished target of a copy: as a migration whose number no program knows, so that
/// every program, older ones too, refuses to work with it.
struct CopyMark: Equatable {
    /// Rows are on their way, or all are there and compared.
    enum Stage: Int64 {
        case rows = 1_000_000
        case files = 1_000_001
    }

    /// Numbers of marks begin here.
    static let first: Int64 = 1_000_000

    let stage: Stage
    /// The source of the rows.
    let origin: String

    /// The mark, or nil; nil also where there is no table of steps.
    static func read(on connection: any Connection) throws -> CopyMark? {
        guard try AppliedStep.hasColumn("number", on: connection) else { return nil }
        return try connection.first(
            "SELECT number, name FROM migration WHERE number >= \(first) ORDER BY number DESC LIMIT 1"
        ) { row in
            Stage(rawValue: row.integer(0)).map { CopyMark(stage: $0, origin: row.string(1)) }
        } ?? nil
    }

    func write(on connection: any Connection) throws {
        try Self.remove(on: connection)
        try connection.run("INSERT INTO migration (number, name) VALUES (\(stage.rawValue), \(origin))")
    }

    static func remove(on connection: any Connection) throws {
        try connection.run("DELETE FROM migration WHERE number >= \(first)")
    }

    /// The error for programs that open the database.
    func refusal(of engine: Engine) -> DatabaseError {
        .unavailable(
            url: engine.rawValue,
            why: "it holds an unfinished copy of \(origin); run the same command to its end, or give another database")
    }
}
