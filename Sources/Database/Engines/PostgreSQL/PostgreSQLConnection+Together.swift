import CPostgreSQL

// DESIGN. A round trip costs more than most statements. So the beginning of a transaction is sent with its first statement, and
// its commit with the statement that the caller names as the last. A write of one statement is one message (PostgreSQL 15,
// libpq, "Pipeline Mode").

extension PostgreSQLConnection {
    func lastCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor {
        // A fault that was caught is reported by the commit.
        guard transaction == .write, case .none = trouble else { return try shortCursor(sql) }
        return try PostgreSQLCursor(whole: sql, on: self, commits: true)
    }

    /// Begins the transaction if that is left to do, runs a prepared statement, and commits if that is asked for: all in one message. Returns
    /// the result of the statement, or of one before it that failed.
    func runTogether(
        _ name: String, _ parameters: PostgreSQLParameters, text: String, commits: Bool
    ) throws(DatabaseError) -> OpaquePointer? {
        guard PQenterPipelineMode(handle) == 1 else { throw failure(nil, sql: text) }
        for statement in opening { PQsendQueryParams(handle, statement, 0, nil, nil, nil, nil, 1) }
        _ = parameters.withPointers { PQsendQueryPrepared(handle, name, $0, $1, $2, $3, 1) }
        if commits { PQsendQueryParams(handle, "COMMIT", 0, nil, nil, nil, nil, 1) }
        PQpipelineSync(handle)
        var found: OpaquePointer?
        for _ in 0...opening.count {
            let result = resultInPipeline()
            switch found.map(PQresultStatus) {
            case nil, PGRES_COMMAND_OK?:
                PQclear(found)
                found = result
            default: PQclear(result)
            }
        }
        let commit = commits ? resultInPipeline() : nil
        defer { PQclear(commit) }
        let end = nextResult()
        let isWhole = PQresultStatus(end) == PGRES_PIPELINE_SYNC
        PQclear(end)
        if PQexitPipelineMode(handle) != 1 || !isWhole { isWorn = true }
        if !isBroken { opening = [] }
        guard commits else { return found }
        do throws(DatabaseError) {
            try noteCommit(commit, after: found)
        } catch {
            PQclear(found)
            throw error
        }
        return found
    }

    /// The result of one statement. In a pipeline, the results of each statement end with a null result, which is read too.
    private func resultInPipeline() -> OpaquePointer? {
        let result = nextResult()
        if result != nil { while let more = nextResult() { PQclear(more) } }
        return result
    }

    /// Notes that the write is committed, unless its last statement failed: then the server has passed over the commit.
    private func noteCommit(_ commit: OpaquePointer?, after statement: OpaquePointer?) throws(DatabaseError) {
        let status = PQresultStatus(statement)
        let isDone = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
        // An error with a code is the server's.
        if !isDone, PQresultErrorField(statement, Int32(UInt8(ascii: "C"))) != nil { return }
        guard isDone, PQresultStatus(commit) == PGRES_COMMAND_OK else {
            if isDone, !isBroken { throw failure(commit, sql: "COMMIT") }
            // The server may have done it all and be unable to say so.
            let error = DatabaseError.unknownOutcome(why: silence ?? url.message(of: handle))
            trouble = .failed(error)
            throw error
        }
        // The server answers otherwise, without an error, when it had to undo the transaction.
        guard String(cString: PQcmdStatus(commit)) == "COMMIT" else {
            throw refuse(sql: "COMMIT", why: "the server undid the transaction")
        }
        isCommitted = true
    }
}
