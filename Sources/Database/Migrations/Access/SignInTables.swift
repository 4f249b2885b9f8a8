extension Migration {
    /// People who sign in with an issuer of OpenID Connect, and what its groups may do.
    static let signIn = Migration(
        name: "sign-in",
        digests: (
            sqlite: "f6d4eed2f4bde6880b7100f8518355b60fe852b4333a63333d7673b5215f9300",
            postgresql: "bbd9caff5402a5037659d0c76d08ab830bf31e4602884ddff0c6498e3a75d062"
        )
    ) { words in
        let (int, text, blob) = (words.integer, words.text, words.blob)
        return """
            -- The accounts of people at issuers.
            CREATE TABLE sign_in_identity (
                -- The issuer's address, and its name of the person.
                issuer \(text) NOT NULL,
                subject \(text) NOT NULL,
                account \(int) NOT NULL UNIQUE REFERENCES account (id),
                -- The groups of the last sign-in, one a line.
                group_names \(text) NOT NULL,
                seen_at \(int) NOT NULL,
                -- When the groups stopped to let the person in; 0 while they do.
                closed_at \(int) NOT NULL DEFAULT 0,
                PRIMARY KEY (issuer, subject)\(words.clustered);

            -- What members of an issuer's group may do, where the operator's file leaves it to the calls.
            CREATE TABLE sign_in_mapping (
                organization \(int) NOT NULL REFERENCES organization (id),
                -- As the operator's file calls the issuer.
                issuer \(text) NOT NULL,
                group_name \(text) NOT NULL,
                -- 0 for the whole organization.
                product \(int) NOT NULL,
                -- READ_ONLY, MEMBER or ADMINISTRATOR.
                role \(text) NOT NULL,
                PRIMARY KEY (organization, issuer, group_name, product)\(words.clustered);

            -- Sign-ins whose answer has not come yet.
            CREATE TABLE pending_sign_in (
                -- SHA-256 of what the issuer gives back, and of what the browser keeps.
                state \(blob) PRIMARY KEY,
                browser \(blob) NOT NULL,
                issuer \(text) NOT NULL,
                -- The page that was asked for.
                page \(text) NOT NULL,
                expires_at \(int) NOT NULL\(words.end);
            CREATE INDEX pending_sign_in_expiry ON pending_sign_in (expires_at);

            -- 1 for the key with which sessions of somebody begin who signed in with an issuer. Nobody knows it.
            ALTER TABLE user_key ADD COLUMN is_sign_in \(int) NOT NULL DEFAULT 0;
            -- A digest of the issuer's name of the session, or empty.
            ALTER TABLE session ADD COLUMN issuer_session \(text) NOT NULL DEFAULT '';

            """
    }
}
