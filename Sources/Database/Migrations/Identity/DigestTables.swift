extension Migration {
    /// Libraries of which a document has only a digest are named by what others know of it
    /// (docs/adr/020-identity-of-libraries.md).
    ///
    /// The work marks the libraries that are there, and the projects that show them.
    static let digestNames = Migration(
        name: "digest names",
        digests: (
            sqlite: "3c67a2e3c78d12ea7ccbb7e67937504307ed3e6ff2fa957c0c01ace8d5d71cbb",
            postgresql: "1a4a617ec7776d3ad34ff5b424fa4f3b4727ea5d391f5255363f4713810c609e"
        ),
        work: "find libraries without names"
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- 0: its document names it. 1: its document has only a digest of it. 2: named by such a digest.
            ALTER TABLE library ADD COLUMN naming \(int) NOT NULL DEFAULT 0;
            CREATE INDEX library_unnamed ON library (uuid, organization) WHERE naming = 1;
            CREATE INDEX library_sha1 ON library (organization, sha1) WHERE naming = 0 AND sha1 <> '';
            CREATE INDEX component_described ON component (scan, position) WHERE library <> 0;

            -- What imported lists know of files. Like advisories it belongs to nobody.
            CREATE TABLE digest_name (
                -- SHA-1 or SHA-256, in lower-case hexadecimal.
                digest \(text) NOT NULL PRIMARY KEY,
                purl \(text) NOT NULL,
                -- SPDX identifiers, expressions or names, one a line.
                licenses \(text) NOT NULL\(words.clustered);

            -- Projects that show libraries of whose digests something else is known now.
            CREATE TABLE stale_naming (
                project \(int) NOT NULL PRIMARY KEY,
                organization \(int) NOT NULL,
                -- Counts up, so that who works does not take away a mark that came meanwhile.
                mark \(int) NOT NULL\(words.end);
            CREATE INDEX stale_naming_organization ON stale_naming (organization);

            """
    }
}
