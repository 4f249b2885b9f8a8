extension Migration {
    /// Subscriptions, events to report, and messages that are being sent (docs/notices.md).
    static let notices = Migration(
        name: "notices",
        digests: (
            sqlite: "5b70e1bf1a2587adca26da1d5703a2cab607c0f2c05cb4ef925b1a79ae683bd1",
            postgresql: "a03117e6ddea57def42c062093888ad492e6230f8eb7489c7d4bb9995318aa3c"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            CREATE TABLE subscription (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                -- Of what: 0 where it is wider.
                product \(int) NOT NULL,
                project \(int) NOT NULL,
                -- Whose it is: it hears of what the account may see.
                account \(int) NOT NULL,
                -- The webhook that is called; 0 where mail goes to the address.
                webhook \(int) NOT NULL,
                address \(text) NOT NULL,
                -- Words of NoticeKind, one a line with a line feed around each.
                kinds \(text) NOT NULL,
                -- The least severity of vulnerabilities, 1 (low) to 4 (critical); 0 for any.
                severity \(int) NOT NULL,
                -- Whether only vulnerabilities count that are exploited.
                exploited \(int) NOT NULL,
                -- NOW, DAILY or WEEKLY.
                rhythm \(text) NOT NULL,
                -- When its next message is made; 0 while there is nothing to say at once.
                run_at \(int) NOT NULL,
                created_at \(int) NOT NULL\(words.end);
            CREATE INDEX subscription_organization ON subscription (organization, id);
            CREATE INDEX subscription_due ON subscription (run_at) WHERE run_at > 0;

            -- Something to say to a subscription, written in the transaction that caused it.
            CREATE TABLE notice_item (
                subscription \(int) NOT NULL,
                kind \(text) NOT NULL,
                -- What it is about: the name of a vulnerability, a policy, a report, a source.
                subject \(text) NOT NULL,
                -- 0 where it concerns none.
                project \(int) NOT NULL,
                at \(int) NOT NULL,
                detail \(text) NOT NULL,
                PRIMARY KEY (subscription, kind, subject, project)\(words.clustered);

            -- A message, whole: what is sent is decided when it is made.
            CREATE TABLE notice_message (
                id \(words.counted),
                subscription \(int) NOT NULL,
                -- The same on each attempt.
                uuid \(text) NOT NULL,
                -- What messages about the same vulnerability have in common; empty where there is none.
                thread \(text) NOT NULL,
                -- JSON, as webhooks receive it.
                body \(text) NOT NULL,
                -- PENDING, DONE or FAILED.
                state \(text) NOT NULL,
                attempt \(int) NOT NULL DEFAULT 0,
                run_at \(int) NOT NULL,
                error \(text) NOT NULL DEFAULT '',
                created_at \(int) NOT NULL\(words.end);
            CREATE INDEX notice_message_due ON notice_message (run_at) WHERE state = 'PENDING';
            CREATE INDEX notice_message_subscription ON notice_message (subscription, id);

            """
                + (words.hasStatisticsToSay
                    ? """

                    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
                        ('subscription', 'subscription_organization', '1000 10 1'),
                        ('notice_item', 'notice_item', '10000 100 20 2 1'),
                        ('notice_message', 'notice_message_subscription', '10000 100 1');
                    ANALYZE sqlite_schema;
                    """ : "")
    }
}
