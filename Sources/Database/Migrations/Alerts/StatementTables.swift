extension Migration {
    /// Statements about vulnerabilities (VEX) that come as documents of their own (docs/adr/025).
    static let statements = Migration(
        name: "statements",
        digests: (
            sqlite: "a204a14c0b903e5339dbff61532bcdd136cc9f41a7f1508cb03f850a13503856",
            postgresql: "23ccb8833226d300d4a43fc74d3105d5f1f868704b73fd20a22b833abe19db44"
        )
    ) { words in
        let (int, text, blob) = (words.integer, words.text, words.blob)
        return """
            -- A document of statements, as it was imported. It is kept when a later edition takes its place.
            CREATE TABLE vex_document (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                -- The project that it is about, or 0: the statements themselves say which.
                project \(int) NOT NULL,
                -- That brought it.
                job \(int) NOT NULL,
                -- STAGING while it is imported, CURRENT, REPLACED by a later edition.
                state \(text) NOT NULL,
                dialect \(text) NOT NULL,
                author \(text) NOT NULL,
                identifier \(text) NOT NULL,
                version \(text) NOT NULL,
                -- When it was made or changed last, as it says; when it was imported, where it does not.
                at \(int) NOT NULL,
                imported_at \(int) NOT NULL,
                digest \(blob) NOT NULL,
                file_name \(text) NOT NULL,
                account \(int) NOT NULL\(words.end);
            CREATE INDEX vex_document_organization ON vex_document (organization, state, id);
            CREATE INDEX vex_document_job ON vex_document (job);
            CREATE INDEX vex_document_project ON vex_document (project) WHERE project > 0;

            CREATE TABLE vex_statement (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL,
                document \(int) NOT NULL REFERENCES vex_document (id),
                position \(int) NOT NULL,
                -- What it calls the vulnerability, and all of its names, one a line.
                name \(text) NOT NULL,
                names \(text) NOT NULL,
                -- CycloneDX analysis.state and analysis.justification, or CISA's word where CycloneDX has none.
                state \(text) NOT NULL,
                justification \(text) NOT NULL,
                impact \(text) NOT NULL,
                action \(text) NOT NULL,
                -- CycloneDX analysis.response, one a line.
                responses \(text) NOT NULL,
                first_at \(int) NOT NULL,
                at \(int) NOT NULL,
                -- Why it can be applied to nothing; empty when it can.
                fault \(text) NOT NULL,
                -- What it is about, for people.
                shown \(text) NOT NULL,
                -- What it says of the vulnerability itself, as the JSON of vulnerability_claim.
                body \(text) NOT NULL\(words.end);
            CREATE INDEX vex_statement_document ON vex_statement (document, position);

            -- What a statement is about: a product, and a part of it where one is named, each as JSON.
            CREATE TABLE vex_target (
                statement \(int) NOT NULL,
                position \(int) NOT NULL,
                product \(text) NOT NULL,
                part \(text) NOT NULL,
                PRIMARY KEY (statement, position)\(words.clustered);
            -- Texts under which a project looks for them: a name, a digest, a token, a BOM.
            CREATE TABLE vex_key (
                organization \(int) NOT NULL,
                key \(text) NOT NULL,
                statement \(int) NOT NULL,
                position \(int) NOT NULL,
                PRIMARY KEY (organization, key, statement, position)\(words.clustered);

            -- What became of a statement in a scan that a project shows: APPLIED, or why not.
            CREATE TABLE vex_use (
                scan \(int) NOT NULL,
                statement \(int) NOT NULL,
                outcome \(text) NOT NULL,
                detail \(text) NOT NULL,
                PRIMARY KEY (scan, statement)\(words.clustered);
            CREATE INDEX vex_use_statement ON vex_use (statement, scan);

            -- The statement (vex_statement) that counts; 0 where none does.
            ALTER TABLE exposure ADD COLUMN statement \(int) NOT NULL DEFAULT 0;
            -- A statement (vex_statement) that disagrees with what a person decided before; 0 where none does.
            ALTER TABLE alert ADD COLUMN contested \(int) NOT NULL DEFAULT 0;

            """
                + (words.hasStatisticsToSay
                    ? """
                    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
                        ('vex_document', 'vex_document_organization', '1000 10 5 1'),
                        ('vex_document', 'vex_document_job', '1000 1'),
                        ('vex_document', 'vex_document_project', '1000 2'),
                        ('vex_statement', 'vex_statement_document', '100000 100 1'),
                        ('vex_target', 'vex_target', '200000 2 1'),
                        ('vex_key', 'vex_key', '200000 20000 20 2 1'),
                        ('vex_use', 'vex_use', '100000 100 1'),
                        ('vex_use', 'vex_use_statement', '100000 2 1');
                    ANALYZE sqlite_schema;
                    """ : "")
    }
}
