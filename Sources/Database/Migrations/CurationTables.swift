extension Migration {
    /// Additions to the inventory by hand, by rule or by an agent's upload.
    ///
    /// Statements about a library refer to its identity (`library.uuid`) in an organization, so they hold for every row
    /// that describes it now or later.
    static let curation = Migration(
        name: "curation",
        digests: (
            sqlite: "6a4544606a855ff720a3028065bb5f83d1e399b3f6f2d232ade6336be5281d67",
            postgresql: "b8ab16ca9739c37df46bd3424d2e62c61785c06f70a39ca5c0cb3ba4b573acd0"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            CREATE TABLE product_tag (
                product \(int) NOT NULL,
                key \(text) NOT NULL,
                value \(text) NOT NULL,
                PRIMARY KEY (product, key, value)\(words.clustered);
            CREATE TABLE project_tag (
                project \(int) NOT NULL,
                key \(text) NOT NULL,
                value \(text) NOT NULL,
                PRIMARY KEY (project, key, value)\(words.clustered);

            -- A custom attribute. `context` is ORGANIZATION, PRODUCT or PROJECT: what a value is given for.
            CREATE TABLE attribute (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                name \(text) NOT NULL,
                description \(text) NOT NULL DEFAULT '',
                context \(text) NOT NULL,
                -- TEXT or LINK.
                type \(text) NOT NULL DEFAULT 'TEXT',
                UNIQUE (organization, name)\(words.end);
            CREATE TABLE attribute_value (
                organization \(int) NOT NULL,
                library_uuid \(text) NOT NULL,
                attribute \(int) NOT NULL,
                -- 0 where the context is wider.
                product \(int) NOT NULL DEFAULT 0,
                project \(int) NOT NULL DEFAULT 0,
                value \(text) NOT NULL,
                PRIMARY KEY (organization, library_uuid, attribute, product, project)\(words.clustered);

            -- Rules that mark libraries as in-house; `kind` is NAME, LIBRARY_COORDINATES or ARTIFACT_ID.
            CREATE TABLE in_house_rule (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                kind \(text) NOT NULL,
                -- A pattern with * and ?, or a regular expression between slashes.
                pattern \(text) NOT NULL,
                description \(text) NOT NULL DEFAULT '',
                account \(int),
                created_at \(int) NOT NULL\(words.end);
            -- Libraries that are in-house, and why; `library.in_house` of every such row is 1.
            CREATE TABLE in_house (
                organization \(int) NOT NULL,
                library_uuid \(text) NOT NULL,
                -- 0: marked by hand.
                rule \(int) NOT NULL DEFAULT 0,
                reason \(text) NOT NULL,
                account \(int),
                at \(int) NOT NULL,
                PRIMARY KEY (organization, library_uuid)\(words.clustered);

            -- Licences that a person put in the place of those found. `library.licenses` and `library_license` of every such
            -- row show them.
            CREATE TABLE license_override (
                organization \(int) NOT NULL,
                -- Counted within the organization.
                number \(int) NOT NULL,
                library_uuid \(text) NOT NULL,
                -- Names, one a line.
                licenses \(text) NOT NULL,
                originals \(text) NOT NULL,
                reference \(text) NOT NULL DEFAULT '',
                account \(int),
                at \(int) NOT NULL,
                PRIMARY KEY (organization, number)\(words.clustered);
            CREATE UNIQUE INDEX license_override_library ON license_override (organization, library_uuid);

            CREATE TABLE library_notice (
                organization \(int) NOT NULL,
                library_uuid \(text) NOT NULL,
                text \(text) NOT NULL,
                reference \(text) NOT NULL DEFAULT '',
                account \(int),
                at \(int) NOT NULL,
                PRIMARY KEY (organization, library_uuid)\(words.clustered);

            CREATE TABLE library_bug (
                organization \(int) NOT NULL,
                library_uuid \(text) NOT NULL,
                position \(int) NOT NULL,
                bug \(text) NOT NULL,
                severity \(text) NOT NULL,
                title \(text) NOT NULL,
                status \(text) NOT NULL,
                reported_at \(int),
                url \(text) NOT NULL,
                PRIMARY KEY (organization, library_uuid, position)\(words.clustered);

            -- Which library files are of, where a person said so.
            CREATE TABLE file_origin (
                organization \(int) NOT NULL,
                sha1 \(text) NOT NULL,
                library_uuid \(text) NOT NULL,
                comments \(text) NOT NULL,
                account \(int),
                at \(int) NOT NULL,
                PRIMARY KEY (organization, sha1)\(words.clustered);

            -- May this library be used here? Asked when it first appears in a project, answered by a policy or a person.
            CREATE TABLE library_request (
                project \(int) NOT NULL,
                -- Counted within the project.
                number \(int) NOT NULL,
                organization \(int) NOT NULL,
                uuid \(text) NOT NULL UNIQUE,
                library \(int) NOT NULL,
                library_uuid \(text) NOT NULL,
                requested_by \(text) NOT NULL,
                created_at \(int) NOT NULL,
                -- PENDING, APPROVED or REJECTED.
                status \(text) NOT NULL,
                handled_by \(text) NOT NULL DEFAULT '',
                handled_at \(int),
                -- The policy that answered; 0 where a person did, or nobody yet.
                policy \(int) NOT NULL DEFAULT 0,
                comments \(text) NOT NULL DEFAULT '',
                PRIMARY KEY (project, number)\(words.clustered);
            CREATE UNIQUE INDEX library_request_library ON library_request (project, library_uuid);

            -- What the last upload of a project said of itself, and the token of its request; empty when it had none.
            ALTER TABLE project ADD COLUMN scan_comment \(text) NOT NULL DEFAULT '';
            ALTER TABLE project ADD COLUMN request_token \(text) NOT NULL DEFAULT '';

            -- What agents, plug-ins and other uploads asked for.
            CREATE TABLE agent_request (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                at \(int) NOT NULL,
                requested_by \(text) NOT NULL,
                address \(text) NOT NULL,
                agent \(text) NOT NULL,
                agent_version \(text) NOT NULL,
                product \(int) NOT NULL DEFAULT 0,
                product_name \(text) NOT NULL,
                project_name \(text) NOT NULL,
                -- UPDATE, CHECK_POLICIES, CHECK_POLICY_COMPLIANCE.
                type \(text) NOT NULL,
                request_token \(text) NOT NULL,
                -- UNKNOWN, IN_PROGRESS, UPDATED, FINISHED, FAILED, SKIPPED.
                status \(text) NOT NULL,
                -- The job that does it, or empty.
                job \(text) NOT NULL DEFAULT ''\(words.end);
            CREATE INDEX agent_request_organization ON agent_request (organization, id);
            CREATE INDEX agent_request_token ON agent_request (request_token);
            CREATE INDEX agent_request_open ON agent_request (id) WHERE status = 'IN_PROGRESS';
            CREATE TABLE agent_violation (
                request \(int) NOT NULL,
                position \(int) NOT NULL,
                library \(text) NOT NULL,
                -- What brings it in, or empty for a direct dependency.
                dependency \(text) NOT NULL,
                -- Names, one a line.
                licenses \(text) NOT NULL,
                policy \(text) NOT NULL,
                PRIMARY KEY (request, position)\(words.clustered);

            -- Where a project that is an image runs.
            CREATE TABLE place (
                project \(int) NOT NULL,
                position \(int) NOT NULL,
                cluster \(text) NOT NULL,
                namespace \(text) NOT NULL,
                workload \(text) NOT NULL,
                container \(text) NOT NULL,
                image \(text) NOT NULL,
                tag \(text) NOT NULL,
                digest \(text) NOT NULL,
                PRIMARY KEY (project, position)\(words.clustered);

            -- The entries of an occurrence, in the order of occurrences.
            CREATE INDEX component_occurrence ON component (scan, occurrence, position);
            CREATE INDEX source_file_sha1 ON source_file (sha1, scan);


            """
    }
}
