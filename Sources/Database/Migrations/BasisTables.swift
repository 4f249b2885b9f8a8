extension Migration {
    /// The basis of verdicts about vulnerabilities: which components could be looked up.
    ///
    /// The work writes for old libraries where their advisories are looked up, counts the ecosystems, and writes the basis of the
    /// scans that are shown. The jobs of matching compute the names that advisories may use for libraries again, because the rules
    /// have changed since most of them were computed.
    static let basis = Migration(
        name: "basis",
        digests: (
            sqlite: "4a67cca27b848cc71682d1607d97761d901a10a851d79533b6ed3f5aa21522c5",
            postgresql: "2f9b2d8a2433bf1637eedc317a0dea207cc9d7ced8721674aa503df04d364a22"
        ),
        work: "basis"
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- Where advisories of the library are looked up, or what is in the way (Inventory's Lookup).
            ALTER TABLE library ADD COLUMN lookup \(text) NOT NULL DEFAULT '';
            -- By which rules the record was read: a number that counts up when they change.
            ALTER TABLE advisory ADD COLUMN rules \(int) NOT NULL DEFAULT 0;

            -- An ecosystem that there are advisories of, with the release where it has some: npm, Debian:12.
            CREATE TABLE ecosystem (
                name \(text) NOT NULL PRIMARY KEY,
                -- Advisories, those that were withdrawn among them, and when the newest was changed.
                records \(int) NOT NULL,
                newest \(int) NOT NULL,
                -- When they were last looked through for news; 0 where nobody knows.
                read_at \(int) NOT NULL DEFAULT 0\(words.clustered);

            -- How many libraries of a scan are looked up in the same way, and what came of it when its exposures were decided.
            CREATE TABLE scan_basis (
                scan \(int) NOT NULL,
                -- As library.lookup has it.
                lookup \(text) NOT NULL,
                -- What was in the way (Inventory's MatchingObstacle.Kind), and the ecosystem it is about; empty where nothing was.
                obstacle \(text) NOT NULL,
                subject \(text) NOT NULL,
                -- The ecosystems of the lookup that there were advisories of, one a line.
                covered \(text) NOT NULL,
                libraries \(int) NOT NULL,
                PRIMARY KEY (scan, lookup)\(words.clustered);
            CREATE INDEX scan_basis_lookup ON scan_basis (lookup, scan);

            INSERT INTO sequence (name, next) SELECT 'rekeying', 0 WHERE EXISTS (SELECT 1 FROM library)
                ON CONFLICT (name) DO UPDATE SET next = 0;
            UPDATE project SET revision = revision + 1;
            UPDATE product SET revision = revision + 1;
            UPDATE organization SET revision = revision + 1;
            """
                + (words.hasStatisticsToSay
                    ? """

                    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
                        ('scan_basis', 'scan_basis', '50000 5 1'),
                        ('scan_basis', 'scan_basis_lookup', '50000 1000 1'),
                        ('ecosystem', 'ecosystem', '300 1');
                    ANALYZE sqlite_schema;
                    """ : "")
    }
}
