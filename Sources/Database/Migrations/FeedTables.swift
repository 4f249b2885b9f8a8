extension Migration {
    /// Data of updates beside advisories, licences and releases, and how current each source is.
    ///
    /// Like advisories this belongs to nobody: every organization sees the same.
    static let feeds = Migration(
        name: "feeds",
        digests: (
            sqlite: "e9fae493cb1a2736f780d7013267f278b20acd747b28e836f826aa35fd20945c",
            postgresql: "fbb01fcc1ac0e1eea326c8fcea6bf1c02ed966683b735ac1a4e9f19bdf51984b"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- A vulnerability that is exploited, by each of its names: CVE-…, EUVD-…, GHSA-….
            CREATE TABLE exploited (
                name \(text) NOT NULL,
                -- Who says so: kev or euvd.
                list \(text) NOT NULL,
                -- The day that the list gives; null where it gives none.
                since \(int),
                PRIMARY KEY (name, list)\(words.clustered);

            -- How likely it is that a CVE is exploited within 30 days, and the share of CVEs that are no likelier (EPSS), in
            -- millionths.
            CREATE TABLE likelihood (
                name \(text) PRIMARY KEY,
                score \(int) NOT NULL,
                percentile \(int) NOT NULL\(words.clustered);

            -- A cycle of releases of a product, and its end.
            CREATE TABLE product_cycle (
                product \(text) NOT NULL,
                cycle \(text) NOT NULL,
                -- Days; null where they are not known.
                released \(int),
                end_of_life \(int),
                -- Whether the end is past where no day is known; null where that is not known either.
                ended \(int),
                latest \(text) NOT NULL,
                PRIMARY KEY (product, cycle)\(words.clustered);

            -- The package URLs, without a version, under which a product is known.
            CREATE TABLE product_package (
                purl \(text) NOT NULL,
                product \(text) NOT NULL,
                PRIMARY KEY (purl, product)\(words.clustered);

            -- When the releases of a package were asked for last.
            CREATE TABLE release_look (
                package \(text) PRIMARY KEY,
                looked_at \(int) NOT NULL\(words.clustered);

            -- How current a source is, or a part of it.
            CREATE TABLE feed (
                -- kev, osv/npm, …
                name \(text) PRIMARY KEY,
                -- Where it came from last, and what that server needs to say that nothing changed.
                address \(text) NOT NULL,
                etag \(text) NOT NULL,
                last_modified \(text) NOT NULL,
                -- Records that came, and the time of the newest of them; null where it has none.
                records \(int) NOT NULL,
                newest \(int),
                -- When it was looked at with success, when that changed something, when it failed, and why; 0 and empty for
                -- never. A failure before the last success is over.
                checked_at \(int) NOT NULL,
                updated_at \(int) NOT NULL,
                failed_at \(int) NOT NULL,
                error \(text) NOT NULL\(words.end);

            """
    }
}
