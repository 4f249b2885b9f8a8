extension Migration {
    /// Limits of sign-ins for each address, accounts of before that people were linked to, and indexes on sessions.
    static let signInLimits = Migration(
        name: "sign-in limits",
        digests: (
            sqlite: "22dae3dac2b72475dbd1bc04045f64f3e0fdf684da4df42bb2cef331a9293408",
            postgresql: "5ff8146363c75ae8323c37dc9f9a27c1a822c9d4b43856a83c568d93dbfe8965"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- The sender that a sign-in began from: an IPv4 address, or the /64 network of an IPv6 address.
            ALTER TABLE pending_sign_in ADD COLUMN sender \(text) NOT NULL DEFAULT '';
            CREATE INDEX pending_sign_in_sender ON pending_sign_in (sender);

            -- 1 where the account is from before, and became the person's by its address. The key of an account that was made
            -- here is called main.
            ALTER TABLE sign_in_identity ADD COLUMN is_linked \(int) NOT NULL DEFAULT 0;
            UPDATE sign_in_identity SET is_linked = 1
            WHERE account IN (SELECT k.account FROM user_key k WHERE k.name = 'main' AND k.is_sign_in = 0);

            -- Sessions end with their key, and with the issuer's session.
            CREATE INDEX session_key ON session (key_digest);
            CREATE INDEX session_issuer ON session (issuer_session);

            """
    }
}
