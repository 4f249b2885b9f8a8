extension Migration {
    /// Decisions that hold for many alerts, and versions of projects (docs/adr/025).
    static let decisions = Migration(
        name: "decisions",
        digests: (
            sqlite: "329c095305ccb9a01362d7f7e8ec2afddec3ab45ce9c323cf10fa453f8d9d05c",
            postgresql: "f564feb530ec0a164a17a7df4d747441da909dc94317fd95c342d786f0a0bf68"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- What a person decided about vulnerabilities for more than one alert. Kept when it ends.
            CREATE TABLE decision (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                -- ALERT, PROJECT (with its versions), PRODUCT or ORGANIZATION.
                scope \(text) NOT NULL,
                -- 0 where it is wider. A project is the one in which it was decided.
                product \(int) NOT NULL,
                project \(int) NOT NULL,
                -- ALERT, PROJECT: the name that all versions of the project have in common; else empty.
                family \(text) NOT NULL,
                -- The library in all its versions: a package URL without one, or group and name; empty for whichever.
                library_name \(text) NOT NULL,
                -- By any of its names; empty for whichever.
                vulnerability \(text) NOT NULL,
                -- Ranges (vers:) of the versions of the library and of the project; empty for all.
                versions \(text) NOT NULL,
                project_versions \(text) NOT NULL,
                -- IGNORED or OPEN; of IGNORED the words of alert.reason and alert.justification.
                status \(text) NOT NULL,
                reason \(text) NOT NULL,
                justification \(text) NOT NULL,
                comments \(text) NOT NULL,
                account \(int) NOT NULL,
                at \(int) NOT NULL,
                -- When it ends by itself, and when somebody should look at it again; 0 for never.
                expires_at \(int) NOT NULL,
                review_at \(int) NOT NULL,
                -- IN_FORCE, WITHDRAWN or EXPIRED; when it ended and by whom (0: by itself).
                state \(text) NOT NULL,
                ended_at \(int) NOT NULL,
                ended_by \(int) NOT NULL,
                -- 0 while alerts of before are brought up to date.
                applied \(int) NOT NULL\(words.end);
            CREATE INDEX decision_place ON decision (organization, state, product, family);
            CREATE INDEX decision_expiry ON decision (expires_at) WHERE state = 'IN_FORCE' AND expires_at > 0;
            CREATE INDEX decision_unapplied ON decision (at) WHERE applied = 0;
            CREATE INDEX decision_project ON decision (project) WHERE project > 0;

            -- The decision for many alerts that counts for it; 0 where its own does, or none.
            ALTER TABLE alert ADD COLUMN decision_id \(int) NOT NULL DEFAULT 0;
            CREATE INDEX alert_decision ON alert (decision_id, project) WHERE decision_id > 0;
            -- What an upload called the version of the project; its name ends in it. Empty where no upload did.
            ALTER TABLE project ADD COLUMN version \(text) NOT NULL DEFAULT '';

            """
                + (words.hasStatisticsToSay
                    ? """
                    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
                        ('decision', 'decision_place', '5000 500 250 50 5'),
                        ('decision', 'decision_expiry', '1000 2'),
                        ('decision', 'decision_unapplied', '2 1'),
                        ('decision', 'decision_project', '4000 4'),
                        ('alert', 'alert_decision', '100000 20 2');
                    ANALYZE sqlite_schema;
                    """ : "")
    }
}
