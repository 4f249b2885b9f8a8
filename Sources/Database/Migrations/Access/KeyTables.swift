extension Migration {
    /// Membership without a role, and several keys for an account.
    static let keys = Migration(
        name: "keys",
        digests: (
            sqlite: "302abf22273242e8b99a698d7b8e14e24184cdcb00a9319039822db8256580cf",
            postgresql: "2b9351c82e255597fb4c1dfa0ce6f369baa97b45c6615d44a3386e12e50e78b2"
        )
    ) { words in
        let (int, text, blob) = (words.integer, words.text, words.blob)
        return """
            -- Who belongs to an organization, with a role or without.
            CREATE TABLE membership (
                organization \(int) NOT NULL REFERENCES organization (id),
                account \(int) NOT NULL REFERENCES account (id),
                PRIMARY KEY (organization, account)\(words.clustered);
            CREATE INDEX membership_account ON membership (account, organization);
            INSERT INTO membership (organization, account)
            SELECT s.organization, s.account FROM assignment s
            UNION SELECT c.organization, a.id FROM account_group c JOIN group_member m ON m.account_group = c.id
                JOIN account a ON a.id = m.account;

            -- The keys of accounts. Revoking a key deletes its row.
            CREATE TABLE user_key (
                id \(int) PRIMARY KEY,
                account \(int) NOT NULL REFERENCES account (id),
                -- By which its holder knows it.
                name \(text) NOT NULL,
                -- SHA-256 of the key; the key itself is kept nowhere.
                digest \(blob) NOT NULL UNIQUE,
                -- What the key is for, a sum: 1 to read, 2 to submit, 4 to upload, 8 to administer.
                scopes \(int) NOT NULL,
                created_at \(int) NOT NULL,
                -- 0 for never.
                expires_at \(int) NOT NULL DEFAULT 0,
                -- When it was used last, within a minute or so; 0 for never.
                used_at \(int) NOT NULL DEFAULT 0,
                UNIQUE (account, name)\(words.end);
            INSERT INTO user_key (id, account, name, digest, scopes, created_at, expires_at)
            SELECT id, id, 'main', key_digest, 15, created_at, key_expires_at FROM account WHERE key_digest IS NOT NULL;
            INSERT INTO sequence (name, next) SELECT 'user_key', id + 1 FROM user_key ORDER BY id DESC LIMIT 1;
            -- The digests stand in user_key alone. (SQLite drops no column that is UNIQUE.)
            UPDATE account SET key_digest = NULL WHERE key_digest IS NOT NULL;
            ALTER TABLE account DROP COLUMN key_expires_at;

            """
    }
}
