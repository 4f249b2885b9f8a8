extension Migration {
    /// Where people signed in to the console, and when each session was used last.
    static let sessionUse = Migration(
        name: "session use",
        digests: (
            sqlite: "879bb24fecc1501a130a5f9d4d3a5839c849917b54578ddfc25fa371483e9a9f",
            postgresql: "ce12f0a1065e9aa19558f5f3ae209236716c93024cd83ba0e86877323090a965"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- Nobody knows when sessions of before were used: their people sign in once more.
            DELETE FROM session;
            ALTER TABLE session ADD COLUMN begun_at \(int) NOT NULL DEFAULT 0;
            -- Kept to within a minute.
            ALTER TABLE session ADD COLUMN used_at \(int) NOT NULL DEFAULT 0;
            -- Where it was begun: the address, and what the browser calls itself.
            ALTER TABLE session ADD COLUMN address \(text) NOT NULL DEFAULT '';
            ALTER TABLE session ADD COLUMN browser \(text) NOT NULL DEFAULT '';

            """
    }
}
