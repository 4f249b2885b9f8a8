/// The meaning of an error of the server or of libpq, for callers and for the failed transaction (PostgreSQL 15, appendix A).
struct PostgreSQLFault {
    /// The kind of failure of the last transaction, as far as it decides whether to try again.
    enum Trouble {
        case none
        /// A statement failed: the transaction cannot be committed.
        case failed(DatabaseError)
        /// A row with the same key exists; perhaps another write made it after this one had checked.
        case taken(DatabaseError)
        /// The server undid the transaction in favour of another, or the statement must be prepared again.
        case conflict(DatabaseError)
        /// The connection broke before a commit.
        case lost(DatabaseError)
    }

    let error: DatabaseError
    let trouble: Trouble
    /// Whether a prepared statement became unusable because the schema changed.
    let isStatementStale: Bool

    /// - Parameters:
    ///   - state: SQLSTATE; empty for an error of libpq itself.
    ///   - url: the address of the server, without secrets.
    ///   - isLost: whether the session has ended.
    ///   - isWriting: whether the transaction writes.
    init(state: String, why: String, sql: String, url: String, isLost: Bool, isWriting: Bool) {
        let error: DatabaseError =
            switch state {
            case _ where state.hasPrefix("23"): .conflict(sql: sql, why: why)
            case "40001", "40P01", "55P03": .busy
            case "53100", "58000", "58030": .storage(why: why)
            // A write to a server that is, or became, a copy of another.
            case "25006" where isWriting: .unavailable(url: url, why: why)
            case "53000", "53200", "53400": .exhausted(why: why)
            case "53300", "57P01", "57P02", "57P03": .unavailable(url: url, why: why)
            case _ where isLost: .unavailable(url: url, why: why)
            default: .statement(sql: sql, why: why)
            }
        isStatementStale = state == "0A000" && why.contains("cached plan") || state == "26000"
        trouble =
            switch state {
            case "40001", "40P01": .conflict(error)
            case "23505": .taken(error)
            case _ where isStatementStale: .conflict(error)
            case "57P01", "57P02", "57P03": .lost(error)
            case _ where isLost: .lost(error)
            default: .failed(error)
            }
        self.error = error
    }
}
