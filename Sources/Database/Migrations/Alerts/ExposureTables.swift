extension Migration {
    /// One set of the vulnerabilities that advisories find and documents claim (docs/adr/021).
    ///
    /// `exposure` is filled with what advisories found. The work gives old claims their entries; what they claim comes in with
    /// the next look at the alerts of each project.
    static let exposures = Migration(
        name: "exposures",
        digests: (
            sqlite: "0de169463775d1beb4717bdb2c226043f431dc455a9b2ca36d3e51eb32b04230",
            postgresql: "fe6ede273955784354eb4ef60fbc9cca1e43e58510bb253efa843531d4d4e8b2"
        ),
        work: "exposures"
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- As before, and those that an organization's documents claim while no advisory knows them.
            CREATE TABLE every_vulnerability (
                id \(int) PRIMARY KEY,
                -- 0 where advisories describe it, else whose documents do.
                organization \(int) NOT NULL,
                name \(text) NOT NULL,
                type \(text) NOT NULL,
                aliases \(text) NOT NULL,
                advisory \(int) NOT NULL,
                published \(int),
                modified \(int) NOT NULL,
                url \(text) NOT NULL,
                weaknesses \(text) NOT NULL,
                severity \(text) NOT NULL,
                score \(int),
                score2 \(text) NOT NULL,
                vector2 \(text) NOT NULL,
                severity3 \(text) NOT NULL,
                score3 \(text) NOT NULL,
                vector3 \(text) NOT NULL,
                severity4 \(text) NOT NULL,
                score4 \(text) NOT NULL,
                vector4 \(text) NOT NULL,
                attack_vector \(text),
                attack_complexity \(text),
                privileges_required \(text),
                user_interaction \(text),
                impact_scope \(text),
                confidentiality \(text),
                integrity \(text),
                availability \(text),
                edition \(int) NOT NULL,
                cvss_version \(text) NOT NULL DEFAULT '',
                -- Of an organization's own: what the document says. Empty where an advisory has the text.
                description \(text) NOT NULL DEFAULT '',
                recommendation \(text) NOT NULL DEFAULT '',
                -- The scan, and the entry of its vulnerability_claim, that the description comes from; 0 where none is chosen.
                claim_scan \(int) NOT NULL DEFAULT 0,
                claim \(int) NOT NULL DEFAULT 0,
                UNIQUE (organization, name)\(words.end);
            INSERT INTO every_vulnerability (id, organization, name, type, aliases, advisory, published, modified, url, weaknesses,
                severity, score, score2, vector2, severity3, score3, vector3, severity4, score4, vector4, attack_vector,
                attack_complexity, privileges_required, user_interaction, impact_scope, confidentiality, integrity,
                availability, edition, cvss_version)
                SELECT id, 0, name, type, aliases, advisory, published, modified, url, weaknesses,
                severity, score, score2, vector2, severity3, score3, vector3, severity4, score4, vector4, attack_vector,
                attack_complexity, privileges_required, user_interaction, impact_scope, confidentiality, integrity,
                availability, edition, cvss_version FROM vulnerability;
            DROP TABLE vulnerability;
            ALTER TABLE every_vulnerability RENAME TO vulnerability;
            CREATE INDEX vulnerability_claim_scan ON vulnerability (claim_scan) WHERE claim_scan > 0;

            -- Names under which documents know an organization's own vulnerability, its own included.
            CREATE TABLE vulnerability_name (
                name \(text) NOT NULL,
                organization \(int) NOT NULL,
                vulnerability \(int) NOT NULL,
                PRIMARY KEY (name, organization)\(words.clustered);
            CREATE INDEX vulnerability_name_vulnerability ON vulnerability_name (vulnerability);

            -- A vulnerability of a library of a scan: what reports join.
            CREATE TABLE exposure (
                scan \(int) NOT NULL,
                -- Of the occurrence.
                position \(int) NOT NULL,
                vulnerability \(int) NOT NULL,
                -- Whether an advisory says so.
                found \(int) NOT NULL,
                -- The entry of vulnerability_claim that says so; -1 where the document does not.
                claim \(int) NOT NULL,
                -- CycloneDX analysis.state of the statement of the document that counts, or empty.
                state \(text) NOT NULL,
                -- Of the vulnerability, when this was decided.
                edition \(int) NOT NULL,
                PRIMARY KEY (scan, position, vulnerability)\(words.clustered);
            CREATE INDEX exposure_vulnerability ON exposure (vulnerability, scan);
            INSERT INTO exposure (scan, position, vulnerability, found, claim, state, edition)
                SELECT o.scan, o.position, f.vulnerability, 1, -1, '', f.edition
                FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
                JOIN finding f ON f.library = o.library WHERE l.in_house = 0;

            -- Which vulnerabilities an entry of vulnerability_claim is about.
            CREATE TABLE claimed_vulnerability (
                scan \(int) NOT NULL,
                claim \(int) NOT NULL,
                vulnerability \(int) NOT NULL,
                PRIMARY KEY (scan, claim, vulnerability)\(words.clustered);
            CREATE INDEX claimed_vulnerability_scan ON claimed_vulnerability (vulnerability, scan);
            -- The entry of vulnerability_claim; -1 until the work of this step.
            ALTER TABLE library_claim ADD COLUMN claim \(int) NOT NULL DEFAULT -1;

            -- Alerts about vulnerabilities of a project by severity; empty for what nobody rates.
            CREATE TABLE project_severity (
                project \(int) NOT NULL,
                severity \(text) NOT NULL,
                open_alerts \(int) NOT NULL,
                ignored_alerts \(int) NOT NULL,
                PRIMARY KEY (project, severity)\(words.clustered);
            INSERT INTO project_severity (project, severity, open_alerts, ignored_alerts)
                SELECT a.project, v.severity, sum(CASE a.state WHEN 'OPEN' THEN 1 ELSE 0 END),
                sum(CASE a.state WHEN 'OPEN' THEN 0 ELSE 1 END)
                FROM alert a JOIN vulnerability v ON v.id = a.vulnerability
                WHERE a.type = 'SECURITY_VULNERABILITY' AND a.state <> 'RESOLVED' GROUP BY a.project, v.severity;

            INSERT INTO stale_project (project, organization, mark)
                SELECT p.id, p.organization, 1 FROM project p WHERE p.scan > 0
                ON CONFLICT (project) DO UPDATE SET mark = stale_project.mark + 1;
            UPDATE project SET revision = revision + 1;
            UPDATE product SET revision = revision + 1;
            UPDATE organization SET revision = revision + 1;
            """
                + (words.hasStatisticsToSay
                    ? """

                    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
                        ('exposure', 'exposure', '1000000 1000 3 1'),
                        ('exposure', 'exposure_vulnerability', '1000000 20 2 1'),
                        ('claimed_vulnerability', 'claimed_vulnerability', '100000 100 1 1'),
                        ('claimed_vulnerability', 'claimed_vulnerability_scan', '100000 20 1 1'),
                        ('vulnerability_name', 'vulnerability_name', '10000 2 1'),
                        ('vulnerability_name', 'vulnerability_name_vulnerability', '10000 2 1 1'),
                        ('project_severity', 'project_severity', '50000 4 1');
                    ANALYZE sqlite_schema;
                    """ : "")
    }
}
