import Database
import Intake
import TestSupport
import Testing

/// PostgreSQL plans by its statistics, and a new database has none. The schema gives SQLite its statistics.
@Suite struct FreshDatabaseTests {
    @Test(arguments: TemporaryDatabase.engines.filter { $0 == .postgresql })
    func `Uploads into a new database read each row a few times`(engine: Engine) throws {
        let bench = try Workbench(engine)
        for table in ["library", "occurrence", "component"] {
            try bench.database.write { try $0.script("ALTER TABLE \(table) SET (autovacuum_enabled = off)") }
        }
        let count = 2000
        for version in ["1", "2", "3"] {
            // Other libraries each time, so all libraries of the previous document are removed.
            try bench.sbom(cycloneDX((0..<count).map { (name: "package-\(version)-\($0)", version: version) }))
        }
        // The rows that a session has read are counted at the end of a transaction.
        _ = try bench.database.write { try $0.run("SELECT pg_stat_force_next_flush()") }
        let reads = try bench.database.read { connection in
            try connection.all(
                """
                SELECT t.relname::text, t.seq_tup_read + coalesce(sum(i.idx_tup_read), 0)::bigint
                FROM pg_stat_user_tables t LEFT JOIN pg_stat_user_indexes i ON i.relid = t.relid
                WHERE t.relname IN ('library', 'occurrence') GROUP BY t.relname, t.seq_tup_read
                """
            ) { (table: $0.string(0), rows: $0.integer(1)) }
        }
        #expect(reads.count == 2)
        for read in reads {
            #expect(read.rows > 0, "\(read.table) is counted")
            #expect(read.rows < Int64(3 * count * 60), "\(read.table)")
        }
    }
}
