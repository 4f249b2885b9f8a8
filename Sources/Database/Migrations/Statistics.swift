// DESIGN. SQLite plans a query by what it believes of the data, and without statistics it believes that ten rows have the
// same first column of an index. Projects have thousands of components and organizations hundreds of thousands of
// libraries, so it read whole scans for each row of a scan. The statistics are said here, once, instead of being taken:
// a query then has the same plan in a new database and in a large one. PostgreSQL takes its own as the data grows.

extension Migration {
    /// What SQLite is to believe of the tables whose rows belong to a scan, a project or an organization: rows in all, then
    /// rows with the same first column of the index, with the same first two, and so on (SQLite, "The sqlite_stat1 Table").
    static let statistics = Migration(
        name: "statistics",
        digests: (
            sqlite: "46da440b05de14a8a697af1c799fc5e661b1d05b18d482213e4baf891bd672d6",
            postgresql: "17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a"
        )
    ) { words in
        guard words.hasStatisticsToSay else { return "SELECT 1;" }
        return """
            ANALYZE migration;
            DELETE FROM sqlite_stat1;
            INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
                ('component', 'component', '1000000 1000 1'),
                ('component', 'component_occurrence', '1000000 1000 2 1'),
                ('occurrence', 'occurrence', '1000000 1000 1'),
                ('occurrence', 'occurrence_library', '1000000 5 1'),
                ('dependency', 'dependency', '1000000 1000 5 1 1'),
                ('source_file', 'source_file', '1000000 1000 1'),
                ('source_file', 'source_file_sha1', '1000000 5 2'),
                ('vulnerability_claim', 'vulnerability_claim', '10000 100 1'),
                ('library_claim', 'library_claim', '10000 100 3 1'),
                ('alert', 'alert', '1000000 1000 1'),
                ('alert', 'sqlite_autoindex_alert_1', '1000000 1'),
                ('alert', 'alert_identity', '1000000 1000 500 3 1'),
                ('alert', 'alert_vulnerability', '500000 20 1'),
                ('alert', 'alert_expiry', '1000 10'),
                ('inventory_event', 'inventory_event_project', '1000000 1000 1'),
                ('inventory_event', 'inventory_event_library', '1000000 10'),
                ('library_request', 'library_request', '1000000 1000 1'),
                ('library_request', 'sqlite_autoindex_library_request_1', '1000000 1'),
                ('library_request', 'library_request_library', '1000000 1000 1'),
                ('library', 'sqlite_autoindex_library_1', '200000 20000 1'),
                ('library', 'library_uuid', '200000 20000 1'),
                ('library', 'library_organization', '200000 20000 1'),
                ('library', 'library_artifact', '200000 20000 3'),
                ('change', 'change_organization', '100000 10000 1 1');
            ANALYZE sqlite_schema;
            """
    }
}
