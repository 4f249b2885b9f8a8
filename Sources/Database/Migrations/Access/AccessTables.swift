extension Migration {
    /// Groups, refused calls, and automatic work of the server for people.
    static let access = Migration(
        name: "access",
        digests: (
            sqlite: "a2314bdbae5aca6240c3c60b837126f178a45a4318d1954da3f432cb1d31c452",
            postgresql: "87fb0d187aa24a58d3f918f3cb67bf9d6c710a45fe26237d762136fa153e47ed"
        )
    ) { words in
        let (int, text, blob) = (words.integer, words.text, words.blob)
        return """
            -- When the key of an account ends; 0 for never.
            ALTER TABLE account ADD COLUMN key_expires_at \(int) NOT NULL DEFAULT 0;

            CREATE TABLE account_group (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                name \(text) NOT NULL,
                description \(text) NOT NULL DEFAULT '',
                UNIQUE (organization, name)\(words.end);
            CREATE TABLE group_member (
                account_group \(int) NOT NULL,
                account \(int) NOT NULL,
                PRIMARY KEY (account_group, account)\(words.clustered);
            CREATE INDEX group_member_account ON group_member (account, account_group);
            -- As `assignment`; its members have the role.
            CREATE TABLE group_assignment (
                organization \(int) NOT NULL REFERENCES organization (id),
                account_group \(int) NOT NULL,
                product \(int) NOT NULL DEFAULT 0,
                role \(text) NOT NULL,
                PRIMARY KEY (organization, account_group, product, role)\(words.clustered);

            -- Calls that were refused to somebody who is known.
            CREATE TABLE denial (
                id \(words.counted),
                organization \(int) NOT NULL,
                at \(int) NOT NULL,
                account \(int) NOT NULL,
                call \(text) NOT NULL,
                reason \(text) NOT NULL\(words.end);
            CREATE INDEX denial_organization ON denial (organization, id);

            -- A submission that was told its key: the same again is answered by the same job.
            CREATE TABLE idempotency (
                account \(int) NOT NULL,
                key \(text) NOT NULL,
                request_sha1 \(text) NOT NULL,
                job \(text) NOT NULL,
                created_at \(int) NOT NULL,
                PRIMARY KEY (account, key)\(words.clustered);

            -- People who are signed in at the console.
            CREATE TABLE session (
                -- SHA-256 of what the browser shows.
                digest \(blob) PRIMARY KEY,
                -- Of the key that it was begun with, and ends with.
                key_digest \(blob) NOT NULL,
                expires_at \(int) NOT NULL\(words.end);
            CREATE INDEX session_expiry ON session (expires_at);

            CREATE TABLE webhook (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                url \(text) NOT NULL,
                -- What deliveries are signed with; never shown again.
                secret \(text) NOT NULL,
                account \(int) NOT NULL,
                created_at \(int) NOT NULL\(words.end);
            CREATE INDEX webhook_organization ON webhook (organization, id);
            CREATE TABLE webhook_delivery (
                id \(words.counted),
                webhook \(int) NOT NULL,
                job \(text) NOT NULL,
                -- PENDING, DONE or FAILED.
                state \(text) NOT NULL,
                attempt \(int) NOT NULL DEFAULT 0,
                run_at \(int) NOT NULL,
                error \(text) NOT NULL DEFAULT ''\(words.end);
            CREATE UNIQUE INDEX webhook_delivery_job ON webhook_delivery (webhook, job);
            CREATE INDEX webhook_delivery_due ON webhook_delivery (run_at) WHERE state = 'PENDING';

            CREATE TABLE schedule (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                account \(int) NOT NULL,
                -- What the report is of: 0 where it is wider.
                product \(int) NOT NULL,
                project \(int) NOT NULL,
                -- Five fields of cron, UTC.
                cron \(text) NOT NULL,
                -- The checked request of the report, as a job keeps it.
                request \(text) NOT NULL,
                -- When it is due next.
                run_at \(int) NOT NULL,
                -- The job that it made last, or empty.
                job \(text) NOT NULL DEFAULT '',
                created_at \(int) NOT NULL\(words.end);
            CREATE INDEX schedule_due ON schedule (run_at);
            CREATE INDEX schedule_organization ON schedule (organization, id);


            """
    }
}
