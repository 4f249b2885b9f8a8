extension Migration {
    /// The rows of an EPSS file are written beside those of the file before, so that no transaction has to write all of them.
    static let likelihoodEditions = Migration(
        name: "likelihood editions",
        digests: (
            sqlite: "9816212001d8d2228e0f3a340c7c35eff5f6e433675f717cf45180f70ce4f0cc",
            postgresql: "02a95f9e440c1b9382fb7eb50542f086be31c414b658e8f72bd2eed245c4ef60"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            ALTER TABLE likelihood RENAME TO former_likelihood;
            -- How likely it is that a CVE is exploited within 30 days, and the share of CVEs that are no likelier (EPSS), in
            -- millionths.
            CREATE TABLE likelihood (
                -- The file that says it. That of `sequence` 'likelihood' is shown; one with a higher number is being written.
                edition \(int) NOT NULL,
                name \(text) NOT NULL,
                score \(int) NOT NULL,
                percentile \(int) NOT NULL,
                PRIMARY KEY (edition, name)\(words.clustered);
            INSERT INTO likelihood (edition, name, score, percentile)
                SELECT 0, name, score, percentile FROM former_likelihood;
            DROP TABLE former_likelihood;
            INSERT INTO sequence (name, next) VALUES ('likelihood', 0);
            """
    }
}
