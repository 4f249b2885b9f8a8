extension Migration {
    /// The actions of users and clients, with their times.
    static let audit = Migration(
        name: "audit",
        digests: (
            sqlite: "21566abcf6f9f19893230a52520c36393cb06c192ddaabc05463a74718c8e47f",
            postgresql: "71df937b50cf353898c797ae35ea73e896540996327cfe76c5a1f55f4324ced9"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            CREATE TABLE audit (
                id \(words.counted),
                -- 0 where it concerns none: keys that nobody has.
                organization \(int) NOT NULL,
                at \(int) NOT NULL,
                -- SIGN_IN, SIGN_OUT, DOWNLOAD, KEY, ROLE, USER, IMPORT, DELETION, DECISION, SETTING, REFUSED_KEY, LOST.
                event \(text) NOT NULL,
                -- 0 for the server and its operator, and where nobody is known.
                account \(int) NOT NULL DEFAULT 0,
                user_key \(int) NOT NULL DEFAULT 0,
                address \(text) NOT NULL DEFAULT '',
                door \(text) NOT NULL DEFAULT '',
                call \(text) NOT NULL DEFAULT '',
                -- What it is about, and more of it.
                subject \(text) NOT NULL DEFAULT '',
                detail \(text) NOT NULL DEFAULT '',
                product \(int) NOT NULL DEFAULT 0,
                project \(int) NOT NULL DEFAULT 0,
                times \(int) NOT NULL DEFAULT 1,
                -- Whether a file of JSON lines has it.
                is_logged \(int) NOT NULL DEFAULT 0\(words.end);
            CREATE INDEX audit_organization ON audit (organization, at, id);
            CREATE INDEX audit_time ON audit (at, id);
            CREATE INDEX audit_unlogged ON audit (id) WHERE is_logged = 0;

            """
    }
}
