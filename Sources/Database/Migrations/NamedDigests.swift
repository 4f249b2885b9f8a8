extension Migration {
    /// Digests of libraries are looked up in a table of their own, which the look-up itself fills (`DigestNames.catchUp`). The
    /// index that each import wrote is dropped.
    static let namedDigests = Migration(
        name: "named digests",
        digests: (
            sqlite: "bb80e0c3f20c09a2c54eac4223e8cd172fab5fdc3fe160a7340df0903ecdc0cd",
            postgresql: "6e840f36f72941798b932caa9c9b55c0a5c3505f064b33d45f2836bd2920e22d"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            DROP INDEX library_sha1;
            -- The last library whose digest is in named_digest.
            ALTER TABLE organization ADD COLUMN digest_mark \(int) NOT NULL DEFAULT 0;
            -- Libraries that their documents name, by their digests.
            CREATE TABLE named_digest (
                organization \(int) NOT NULL,
                sha1 \(text) NOT NULL,
                library \(int) NOT NULL,
                PRIMARY KEY (organization, sha1, library)\(words.clustered);
            """
                + (words.hasStatisticsToSay
                    ? """

                    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('named_digest', 'named_digest', '500000 50000 2 1');
                    ANALYZE sqlite_schema;
                    """ : "")
    }
}
