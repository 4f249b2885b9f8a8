import CPostgreSQL

extension PostgreSQLConnection {
    /// Throws the error that a result of the server means; returns if the statement succeeded. The caller clears the
    /// result.
    func check(_ result: OpaquePointer?, sql: String) throws(DatabaseError) {
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else { throw failure(result, sql: sql) }
    }

    /// An error of this program about a statement; the transaction cannot be committed.
    func refuse(sql: String, why: String) -> DatabaseError {
        let error = DatabaseError.statement(sql: sql, why: why)
        if case .none = trouble { trouble = .failed(error) }
        return error
    }

    /// The reason why the watch ended the connection; nil if it did not.
    var silence: String? { wasSilent ? "it has not answered in time" : nil }

    /// The meaning of a failed result (PostgreSQL 15, appendix A), which is remembered for the end of the transaction. The
    /// detail of the message is left out, because it repeats values.
    func failure(_ result: OpaquePointer?, sql: String) -> DatabaseError {
        func field(_ letter: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(letter.value)).map { String(cString: $0) }
        }
        let state = field("C") ?? ""
        let why =
            silence
            ?? field("M").map(url.cleaned)
            ?? PQresultErrorMessage(result).map { url.cleaned(String(cString: $0)) }.flatMap { $0.isEmpty ? nil : $0 }
            ?? url.message(of: handle)
        // An error of libpq itself has no state. It may come before libpq has noticed the end of the session.
        let isLost = state.hasPrefix("08") || isBroken || state.isEmpty && !isHealthy
        let fault = PostgreSQLFault(
            state: state, why: why, sql: sql, url: url.description, isLost: isLost, isWriting: transaction == .write)
        if case .none = trouble {
            trouble = fault.trouble
            if fault.isStatementStale { isWorn = true }
        }
        return fault.error
    }
}

extension DatabaseError {
    static let nulInText = "a text holds the character NUL, which no text in the database may"
}
