extension Migration {
    /// Policies, the alerts that their violations and vulnerabilities raise, and what people decided about these.
    ///
    /// An alert hangs on a project and on what a library is (`library.uuid`), not on one scan: importing a project again
    /// neither loses nor doubles it. Alerts are decided when scans, advisories, policies or marks change. Reports only
    /// read them.
    static let alerts = Migration(
        name: "alerts",
        digests: (
            sqlite: "a013c9bc18fc13469b02289ef724725fe503cc1294f57ce9b8b90c7e9ed9491c",
            postgresql: "5c305fb396d8a0d89ce56fec7e389e6d37c31f0ae573a60033d83ebf93839881"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            CREATE TABLE policy (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                -- Where it holds: 0 where it is wider. Products and projects inherit what is above them.
                product \(int) NOT NULL DEFAULT 0,
                project \(int) NOT NULL DEFAULT 0,
                -- The least comes first; the first policy that fits a library decides. Narrower scopes go before wider ones.
                priority \(int) NOT NULL,
                name \(text) NOT NULL,
                enabled \(int) NOT NULL,
                -- JSON, given back as it came.
                filter \(text) NOT NULL,
                action \(text) NOT NULL,
                -- APPROVE, REJECT, … and LICENSE, …: taken from the JSON, in capitals.
                filter_type \(text) NOT NULL,
                action_type \(text) NOT NULL,
                -- What it looks for, as `PolicyRule.text`.
                rule \(text) NOT NULL,
                -- A rule about age: the day, since 1970, up to which what time changed has been decided; else -1.
                aged_day \(int) NOT NULL,
                owner \(int),
                created_at \(int) NOT NULL\(words.end);
            CREATE INDEX policy_scope ON policy (organization, product, project, priority);
            CREATE INDEX policy_age ON policy (aged_day) WHERE aged_day >= 0;
            -- Tickets that other programs made for what a policy with the action CREATE_ISSUE finds.
            CREATE TABLE external_issue (
                project \(int) NOT NULL,
                -- Derived from project, policy, library and vulnerability.
                issue_uuid \(text) NOT NULL,
                position \(int) NOT NULL,
                identifier \(text) NOT NULL,
                url \(text) NOT NULL,
                status \(text) NOT NULL,
                created \(text) NOT NULL,
                modified \(text) NOT NULL,
                PRIMARY KEY (project, issue_uuid, position)\(words.clustered);

            CREATE TABLE alert (
                project \(int) NOT NULL,
                -- Counted within the project, in the order in which alerts were raised.
                number \(int) NOT NULL,
                organization \(int) NOT NULL,
                -- Derived from project, type, library and subject.
                uuid \(text) NOT NULL UNIQUE,
                -- Mend's: SECURITY_VULNERABILITY, REJECTED_BY_POLICY_RESOURCE, …
                type \(text) NOT NULL,
                -- MINOR or MAJOR.
                level \(text) NOT NULL,
                -- The library's row when it was last seen, and what the library is.
                library \(int) NOT NULL,
                library_uuid \(text) NOT NULL,
                direct \(int) NOT NULL,
                -- What it is about beside the library: a vulnerability's name, a policy's id, a version; may be empty.
                subject \(text) NOT NULL,
                -- SECURITY_VULNERABILITY: the vulnerability; 0 otherwise.
                vulnerability \(int) NOT NULL DEFAULT 0,
                -- REJECTED_BY_POLICY_RESOURCE: the policy; 0 otherwise.
                policy \(int) NOT NULL DEFAULT 0,
                description \(text) NOT NULL,
                -- OPEN, IGNORED or RESOLVED.
                state \(text) NOT NULL,
                created_at \(int) NOT NULL,
                modified_at \(int) NOT NULL,
                -- RESOLVED: when and why, in the words of `AlertType.Resolution`; 0, empty.
                resolved_at \(int) NOT NULL DEFAULT 0,
                resolution \(text) NOT NULL DEFAULT '',
                -- What was decided: IGNORED, OPEN (whatever a VEX statement says) or empty. It outlasts a resolution.
                decision \(text) NOT NULL DEFAULT '',
                -- By whom (an account, or 0 for a VEX statement), until when (0: for good).
                ignored_by \(int) NOT NULL DEFAULT 0,
                ignored_until \(int) NOT NULL DEFAULT 0,
                -- What was said with the decision.
                comments \(text) NOT NULL DEFAULT '',
                PRIMARY KEY (project, number)\(words.clustered);
            CREATE UNIQUE INDEX alert_identity ON alert (project, type, library_uuid, subject);
            CREATE INDEX alert_vulnerability ON alert (vulnerability, project) WHERE vulnerability <> 0;
            CREATE INDEX alert_expiry ON alert (ignored_until) WHERE ignored_until > 0;

            -- Every change of an alert's state.
            CREATE TABLE alert_event (
                project \(int) NOT NULL,
                alert \(int) NOT NULL,
                position \(int) NOT NULL,
                at \(int) NOT NULL,
                -- The state from then on.
                state \(text) NOT NULL,
                -- The account, or 0 for the server's own decision.
                account \(int) NOT NULL,
                comments \(text) NOT NULL,
                PRIMARY KEY (project, alert, position)\(words.clustered);

            -- Projects whose alerts have to be looked at again: something changed that they rest on.
            CREATE TABLE stale_project (
                project \(int) PRIMARY KEY,
                organization \(int) NOT NULL,
                -- Counts up when it becomes stale again, so that nobody takes the mark away too early.
                mark \(int) NOT NULL\(words.clustered);
            CREATE INDEX stale_project_organization ON stale_project (organization, project);

            -- What the document of a scan says of a vulnerability in one of its libraries (VEX and plain claims).
            CREATE TABLE library_claim (
                scan \(int) NOT NULL,
                -- Of the occurrence.
                occurrence \(int) NOT NULL,
                vulnerability \(text) NOT NULL,
                -- CycloneDX analysis.state, or empty where nothing was analysed; and analysis.justification, detail.
                state \(text) NOT NULL,
                justification \(text) NOT NULL,
                detail \(text) NOT NULL,
                PRIMARY KEY (scan, occurrence, vulnerability)\(words.clustered);


            """
    }
}
