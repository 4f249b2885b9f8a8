package import Database

/// The state of the stored advisories. While it stays equal, no advisory is added, removed or checked.
package struct AdvisoryState: Sendable, Hashable {
    private let ecosystems: Int64
    private let records: Int64
    private let newest: Int64
    private let read: Int64

    package static func read(on connection: any Connection) throws -> AdvisoryState {
        let found = try connection.first(
            """
            SELECT count(*), CAST(coalesce(sum(records), 0) AS BIGINT), coalesce(max(newest), 0), coalesce(max(read_at), 0)
            FROM ecosystem
            """
        ) { row in
            AdvisoryState(
                ecosystems: row.integer(0), records: row.integer(1), newest: row.integer(2), read: row.integer(3))
        }
        return found ?? AdvisoryState(ecosystems: 0, records: 0, newest: 0, read: 0)
    }
}
