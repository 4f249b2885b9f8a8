extension Migration {
    /// When a project first showed what it shows again: the same content has the same time in reports, whatever came in between.
    static let contentTimes = Migration(
        name: "content times",
        digests: (
            sqlite: "f5003e551dc6d204dc433b52a45904cafe0b3487b74d84dc2c94a238e376186f",
            postgresql: "4c0db603a455131d2c92047a7673d9df4afeba84f17a2a045606a76d9410954e"
        )
    ) { words in
        let (int, blob) = (words.integer, words.blob)
        return """
            CREATE TABLE content_time (
                project \(int) NOT NULL,
                -- SHA-256 of the digest of an upload and of what its document says of itself.
                digest \(blob) NOT NULL,
                -- When the project showed it first.
                at \(int) NOT NULL,
                PRIMARY KEY (project, digest)\(words.clustered);

            """
                + (words.hasStatisticsToSay
                    ? """
                    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('content_time', 'content_time', '300000 300 1');
                    ANALYZE sqlite_schema;
                    """ : "")
    }
}
