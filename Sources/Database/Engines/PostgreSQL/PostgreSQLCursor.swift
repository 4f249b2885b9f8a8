import CPostgreSQL

// DESIGN. A batch is one result of libpq: one row of a stream, or the rows of one FETCH. The next FETCH is sent as soon as
// the last one has arrived, so the server reads while rows are rendered. When another cursor needs the connection, this
// one batch is received and parked. The number of rows in a batch depends on the size of earlier rows, so that a cursor
// holds about twice half a mebibyte.

/// A running query on a PostgreSQL connection.
final class PostgreSQLCursor: RowCursor {
    private static let batchBytes = 512 << 10
    private static let parkingBytes = 64 << 20

    private let connection: PostgreSQLConnection
    private let text: String
    private let epoch: Int
    /// The server cursor; nil when rows stream.
    private let name: String?
    private var types: [PostgreSQLType]?
    /// The current batch, and the position in it.
    private var batch: OpaquePointer?
    private var row: Int32 = 0
    private var rows: Int32 = 0
    /// The next batch, received early because another cursor needed the connection.
    private var parked: OpaquePointer?
    /// The unread rest of a stream, received because another statement needed the connection, and the position in it.
    private var rest = RowBuffer(capacity: 0)
    private var restRow = 0
    /// Results of this query are still to be received.
    private var isOutstanding = false
    /// The server has no more rows.
    private var isExhausted = false
    private var isClosed = false
    private var asked: Int32 = 64

    /// Sends the query and waits for the first row.
    init(streaming sql: SQL, on connection: PostgreSQLConnection) throws(DatabaseError) {
        self.connection = connection
        text = sql.text
        epoch = connection.epoch
        name = nil
        try connection.stream(sql, text: text)
        isOutstanding = true
        connection.streaming = self
        try use(receive())
    }

    /// Runs the query to its end and keeps its rows; commits the write with the query if the caller requests it.
    init(whole sql: SQL, on connection: PostgreSQLConnection, commits: Bool = false) throws(DatabaseError) {
        self.connection = connection
        text = sql.text
        name = nil
        let result = try connection.execute(sql, text: text, commits: commits)
        epoch = connection.epoch
        do throws(DatabaseError) {
            types = try readTypes(result)
        } catch {
            PQclear(result)
            throw error
        }
        use(result)
    }

    /// Makes a cursor of the server's, inside a transaction.
    init(declaring name: String, _ sql: SQL, on connection: PostgreSQLConnection) throws(DatabaseError) {
        self.connection = connection
        text = sql.text
        epoch = connection.epoch
        try connection.declare(name, sql, text: text)
        self.name = name
        try fetch()
    }

    deinit { finish() }

    /// The number of rows in the current batch; all rows of a query that was run to its end.
    var rowCount: Int { Int(rows) }

    func next(into buffer: inout RowBuffer) throws(DatabaseError) -> Bool {
        while row == rows {
            if restRow < rest.rowCount, epoch == connection.epoch {
                buffer.beginRow()
                buffer.append(cellsOf: rest, from: rest.start(of: restRow), count: types?.count ?? 0)
                restRow += 1
                return true
            }
            guard try advance() else { return false }
        }
        guard let batch else { return false }
        try decode(batch, row, into: &buffer)
        row += 1
        return true
    }

    func finish() {
        clearBatch()
        PQclear(parked)
        parked = nil
        rest = RowBuffer(capacity: 0)
        restRow = 0
        isExhausted = true
        guard epoch == connection.epoch else { return }
        if isOutstanding { discard() }
        guard let name, !isClosed else { return }
        isClosed = true
        // A failure of this shows at the next statement.
        if !connection.isBroken { try? connection.script("CLOSE \(name)") }
    }

    /// Receives the pending rows and keeps them, so that the connection is free.
    func park() throws(DatabaseError) {
        while isOutstanding, let result = try receive() {
            guard name == nil else {
                parked = result
                return
            }
            defer { PQclear(result) }
            try decode(result, 0, into: &rest)
            if rest.byteCount > Self.parkingBytes {
                let error = connection.refuse(
                    sql: text,
                    why: "another statement was run while a long query was read: finish it first, or use a snapshot")
                finish()
                throw error
            }
        }
    }

    private func decode(_ batch: OpaquePointer, _ row: Int32, into buffer: inout RowBuffer) throws(DatabaseError) {
        guard let types else { return }
        buffer.beginRow()
        for column in 0..<types.count {
            let place = Int32(truncatingIfNeeded: column)
            let count = PQgetlength(batch, row, place)
            if count == 0, PQgetisnull(batch, row, place) == 1 {
                buffer.appendNull()
                continue
            }
            let bytes = UnsafeRawBufferPointer(start: PQgetvalue(batch, row, place), count: Int(count))
            guard types[column].append(bytes, to: &buffer) else {
                throw connection.refuse(
                    sql: text, why: "column \(column + 1) holds a number that fits into no 64-bit integer or real")
            }
        }
    }

    // MARK: Batches

    private func clearBatch() {
        PQclear(batch)
        batch = nil
        row = 0
        rows = 0
    }

    /// Goes to the next batch; false when there are no more.
    private func advance() throws(DatabaseError) -> Bool {
        clearBatch()
        guard epoch == connection.epoch else {
            throw .statement(sql: text, why: "the transaction of this cursor is over")
        }
        if let next = parked {
            parked = nil
            use(next)
        } else {
            if name != nil, !isExhausted, !isOutstanding { try fetch() }
            if isOutstanding { try use(receive()) }
        }
        guard batch != nil else {
            finish()
            return false
        }
        // The batch is requested as early as possible, unless another cursor would have to park its own batch.
        if name != nil, !isExhausted, !isOutstanding, connection.streaming == nil { try fetch() }
        return true
    }

    private func use(_ result: OpaquePointer?) {
        batch = result
        row = 0
        rows = PQntuples(result)
    }

    private func fetch() throws(DatabaseError) {
        guard let name else { return }
        try connection.settle()
        guard
            PQsendQueryParams(
                connection.handle, "FETCH FORWARD \(asked) FROM \(name)", 0, nil, nil, nil, nil, 1) == 1
        else { throw connection.failure(nil, sql: text) }
        isOutstanding = true
        connection.streaming = self
    }

    /// The next result with rows; nil at the end of the query.
    private func receive() throws(DatabaseError) -> OpaquePointer? {
        guard let result = connection.nextResult() else {
            quit()
            return nil
        }
        let status = PQresultStatus(result)
        switch status {
        case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
            do throws(DatabaseError) {
                if types == nil { types = try readTypes(result) }
            } catch {
                PQclear(result)
                throw error
            }
            if status == PGRES_SINGLE_TUPLE { return result }
            empty()
            guard name != nil else {
                PQclear(result)
                return nil
            }
            let count = PQntuples(result)
            isExhausted = count < asked
            if count > 0 {
                let size = PQresultMemorySize(result) / Int(count)
                asked = Int32(max(1, min(Self.batchBytes / max(size, 1), Int(asked) * 4, 1000)))
            }
            return result
        case PGRES_COMMAND_OK:
            PQclear(result)
            empty()
            return nil
        default:
            defer { PQclear(result) }
            // The rest is read to its end first, because a broken connection shows there.
            empty()
            throw connection.failure(result, sql: text)
        }
    }

    /// Reads to the end of the query, so that the next one may be sent.
    private func empty() {
        while let result = connection.nextResult() { PQclear(result) }
        quit()
    }

    private func quit() {
        isOutstanding = false
        if connection.streaming === self { connection.streaming = nil }
    }

    /// Discards the pending rows. A long query outside a transaction is cancelled.
    private func discard() {
        var count = 0
        while let result = connection.nextResult() {
            PQclear(result)
            count += 1
            if count == 1000, connection.transaction == .none, let cancel = PQgetCancel(connection.handle) {
                var why = [CChar](repeating: 0, count: 256)
                PQcancel(cancel, &why, 256)
                PQfreeCancel(cancel)
            }
        }
        quit()
    }

    private func readTypes(_ result: OpaquePointer?) throws(DatabaseError) -> [PostgreSQLType] {
        var types: [PostgreSQLType] = []
        for column in 0..<PQnfields(result) {
            let oid = PQftype(result, column)
            guard let type = PostgreSQLType(oid: oid) else {
                throw connection.refuse(
                    sql: text,
                    why: "column \(column + 1) is neither integer, real, text nor bytea but pg_type \(oid)")
            }
            types.append(type)
        }
        return types
    }
}
