extension Migration {
    /// Tenants, people, inventory and jobs.
    ///
    /// Every row of a tenant hangs on its organization, libraries and licences too: what one organization's documents say
    /// of a package is never shown to another.
    static let foundation = Migration(
        name: "foundation",
        digests: (
            sqlite: "f8b7fa23572ce963e62c161721b0dd683a142d60aff7edc1c4c06a614084747d",
            postgresql: "2901be26647b71673c6ca0529b44133c392a22f3654f0cd8755a8facb966722a"
        )
    ) { words in
        tenants(words) + inventory(words) + jobs(words)
    }

    private static func tenants(_ words: Dialect) -> String {
        let (int, text, blob) = (words.integer, words.text, words.blob)
        return """
            CREATE TABLE sequence (name \(text) PRIMARY KEY, next \(int) NOT NULL\(words.end);

            CREATE TABLE organization (
                id \(int) PRIMARY KEY,
                token \(text) NOT NULL UNIQUE,
                name \(text) NOT NULL,
                created_at \(int) NOT NULL,
                -- Counts up with every change that a report of this scope could show.
                revision \(int) NOT NULL DEFAULT 0\(words.end);

            CREATE TABLE account (
                id \(int) PRIMARY KEY,
                email \(text) NOT NULL,
                name \(text) NOT NULL,
                -- USER or SERVICE.
                kind \(text) NOT NULL,
                -- SHA-256 of the user key; the key itself is kept nowhere.
                key_digest \(blob) UNIQUE,
                created_at \(int) NOT NULL\(words.end);
            CREATE INDEX account_email ON account (email);

            CREATE TABLE product (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                token \(text) NOT NULL UNIQUE,
                name \(text) NOT NULL,
                created_at \(int) NOT NULL,
                updated_at \(int) NOT NULL,
                revision \(int) NOT NULL DEFAULT 0,
                UNIQUE (organization, name)\(words.end);

            -- Who may do what: in the whole organization (product 0) or in one product.
            CREATE TABLE assignment (
                organization \(int) NOT NULL REFERENCES organization (id),
                account \(int) NOT NULL REFERENCES account (id),
                product \(int) NOT NULL DEFAULT 0,
                -- ADMINISTRATOR, MEMBER or READ_ONLY.
                role \(text) NOT NULL,
                PRIMARY KEY (organization, account, product, role)\(words.clustered);
            CREATE INDEX assignment_account ON assignment (account, organization);

            CREATE TABLE project (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                product \(int) NOT NULL REFERENCES product (id),
                token \(text) NOT NULL UNIQUE,
                name \(text) NOT NULL,
                created_at \(int) NOT NULL,
                updated_at \(int) NOT NULL,
                revision \(int) NOT NULL DEFAULT 0,
                -- The import that the project shows; 0 before the first.
                scan \(int) NOT NULL DEFAULT 0,
                uploaded_by \(text) NOT NULL DEFAULT '',
                plugin_name \(text) NOT NULL DEFAULT '',
                UNIQUE (product, name)\(words.end);
            CREATE INDEX project_organization ON project (organization, id);
            CREATE INDEX project_product ON project (product, id);
            CREATE INDEX project_order ON project (organization, product, id);

            CREATE TABLE change (
                id \(words.counted),
                organization \(int) NOT NULL REFERENCES organization (id),
                at \(int) NOT NULL,
                category \(text) NOT NULL,
                class \(text) NOT NULL,
                aspect \(text) NOT NULL,
                scope \(text) NOT NULL,
                scope_id \(int) NOT NULL,
                scope_name \(text) NOT NULL,
                -- Texts, one a line.
                before \(text) NOT NULL DEFAULT '',
                after \(text) NOT NULL DEFAULT '',
                -- USER or SYSTEM.
                operator \(text) NOT NULL,
                account \(int),
                product \(int),
                project \(int)\(words.end);
            CREATE INDEX change_organization ON change (organization, at, id);


            """
    }

    private static func inventory(_ words: Dialect) -> String {
        let (int, text, blob) = (words.integer, words.text, words.blob)
        return """
            -- One import of one project. Its rows are written in several transactions while the project still shows the
            -- scan before; the last transaction makes the project show this one.
            CREATE TABLE scan (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                project \(int) NOT NULL,
                -- STAGING, CURRENT, OBSOLETE (shown once) or ABANDONED (never shown).
                state \(text) NOT NULL,
                created_at \(int) NOT NULL,
                -- What the document says of itself, as JSON.
                document \(text) NOT NULL DEFAULT '',
                -- SHA-256 of the uploaded file.
                source_digest \(blob),
                libraries \(int) NOT NULL DEFAULT 0,
                -- The job that writes it.
                job \(int) NOT NULL DEFAULT 0,
                -- Libraries and licences that it inserted have these numbers or higher ones.
                library_mark \(int) NOT NULL DEFAULT 0,
                license_mark \(int) NOT NULL DEFAULT 0\(words.end);
            CREATE INDEX scan_project ON scan (project, id);
            CREATE INDEX scan_state ON scan (state, id) WHERE state <> 'CURRENT';

            -- A library as one source described it. Rows never change: a source that says other things of the same package
            -- makes another row with the same uuid.
            CREATE TABLE library (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                -- SHA-256 of all that is known of it.
                digest \(blob) NOT NULL,
                -- Derived from what the library is: its purl, or type, group, name and version; and its SHA-1.
                uuid \(text) NOT NULL,
                key_id \(int) NOT NULL,
                -- Mend's word for the kind of package (`Java`), and its constant (`MAVEN_ARTIFACT`).
                type \(text) NOT NULL,
                type_constant \(text) NOT NULL,
                group_id \(text) NOT NULL,
                artifact \(text) NOT NULL,
                version \(text) NOT NULL,
                filename \(text) NOT NULL,
                -- Canonical package URL, or empty.
                purl \(text) NOT NULL,
                sha1 \(text) NOT NULL,
                description \(text) NOT NULL,
                -- Names of the effective licences, one a line, in order.
                licenses \(text) NOT NULL,
                homepage \(text) NOT NULL,
                download_url \(text) NOT NULL,
                copyright \(text) NOT NULL,
                author \(text) NOT NULL,
                supplier \(text) NOT NULL,
                release_date \(text) NOT NULL,
                match_type \(text) NOT NULL,
                in_house \(int) NOT NULL DEFAULT 0,
                UNIQUE (organization, digest)\(words.end);
            CREATE INDEX library_uuid ON library (organization, uuid);
            CREATE INDEX library_organization ON library (organization, id);
            CREATE INDEX library_artifact ON library (organization, artifact);

            -- Everything a source said of a library, as the JSON of a component: what a bill of materials is written from.
            CREATE TABLE library_facts (
                library \(int) PRIMARY KEY REFERENCES library (id),
                body \(text) NOT NULL\(words.end);

            CREATE TABLE license (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                -- SPDX identifier, or empty for a licence that the SPDX list lacks.
                spdx \(text) NOT NULL,
                -- The name that reports show.
                name \(text) NOT NULL,
                url \(text) NOT NULL,
                -- Open Source, Source Available or Unknown.
                type \(text) NOT NULL,
                risk_score \(int),
                UNIQUE (organization, spdx, name)\(words.end);

            CREATE INDEX license_organization ON license (organization, id);

            CREATE TABLE library_license (
                library \(int) NOT NULL REFERENCES library (id),
                position \(int) NOT NULL,
                license \(int) NOT NULL REFERENCES license (id),
                reference_type \(text) NOT NULL,
                reference \(text) NOT NULL,
                PRIMARY KEY (library, position)\(words.clustered);
            CREATE INDEX library_license_license ON library_license (license);

            -- A library in a project: one row however often the document lists it.
            CREATE TABLE occurrence (
                scan \(int) NOT NULL,
                position \(int) NOT NULL,
                library \(int) NOT NULL,
                direct \(int) NOT NULL,
                -- Edges from the root; -1 when no path leads to it.
                depth \(int) NOT NULL,
                -- How often the document lists it.
                count \(int) NOT NULL,
                PRIMARY KEY (scan, position)\(words.clustered);
            CREATE INDEX occurrence_library ON occurrence (library, scan);

            -- An entry of the document. Position 0 is what the document describes, which is no occurrence.
            CREATE TABLE component (
                scan \(int) NOT NULL,
                position \(int) NOT NULL,
                occurrence \(int) NOT NULL,
                ref \(text) NOT NULL,
                scope \(text) NOT NULL,
                -- The entry that contains it, or -1.
                parent \(int) NOT NULL,
                depth \(int) NOT NULL,
                -- Where it was found: paths, one a line.
                locations \(text) NOT NULL,
                PRIMARY KEY (scan, position)\(words.clustered);

            CREATE TABLE dependency (
                scan \(int) NOT NULL,
                source \(int) NOT NULL,
                target \(int) NOT NULL,
                -- dependsOn, contains or the SPDX name of the relationship.
                kind \(text) NOT NULL,
                PRIMARY KEY (scan, source, target, kind)\(words.clustered);

            CREATE TABLE source_file (
                scan \(int) NOT NULL,
                position \(int) NOT NULL,
                -- The entry it belongs to, or -1.
                component \(int) NOT NULL,
                name \(text) NOT NULL,
                path \(text) NOT NULL,
                sha1 \(text) NOT NULL,
                -- The JSON of the file as its document has it.
                body \(text) NOT NULL,
                PRIMARY KEY (scan, position)\(words.clustered);

            -- What a document says of vulnerabilities, as JSON.
            CREATE TABLE vulnerability_claim (
                scan \(int) NOT NULL,
                position \(int) NOT NULL,
                name \(text) NOT NULL,
                body \(text) NOT NULL,
                PRIMARY KEY (scan, position)\(words.clustered);

            -- What appeared in a project and what went, import by import.
            CREATE TABLE inventory_event (
                id \(int) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                project \(int) NOT NULL,
                scan \(int) NOT NULL,
                at \(int) NOT NULL,
                -- ADDED or REMOVED.
                change \(text) NOT NULL,
                library \(int) NOT NULL\(words.end);
            CREATE INDEX inventory_event_project ON inventory_event (project, id);
            CREATE INDEX inventory_event_library ON inventory_event (library);


            """
    }

    private static func jobs(_ words: Dialect) -> String {
        let (int, text, blob) = (words.integer, words.text, words.blob)
        return """
            CREATE TABLE artifact (
                uuid \(text) PRIMARY KEY,
                organization \(int) NOT NULL REFERENCES organization (id),
                -- Digest of the request and of the revision of what it shows; equal keys have equal bytes.
                cache_key \(text) NOT NULL,
                -- The name that a download suggests.
                file_name \(text) NOT NULL,
                size \(int) NOT NULL,
                sha1 \(text) NOT NULL,
                sha256 \(text) NOT NULL,
                parts \(int) NOT NULL,
                rows_written \(int) NOT NULL,
                -- What had to be cut to fit the format, one a line.
                notes \(text) NOT NULL,
                created_at \(int) NOT NULL,
                expires_at \(int) NOT NULL\(words.end);
            CREATE INDEX artifact_cache ON artifact (organization, cache_key);
            CREATE INDEX artifact_expiry ON artifact (expires_at);

            CREATE TABLE job (
                id \(words.counted),
                uuid \(text) NOT NULL UNIQUE,
                organization \(int) NOT NULL REFERENCES organization (id),
                account \(int),
                -- REPORT, INTAKE or MATCHING.
                kind \(text) NOT NULL,
                -- The scope: 0 where it is wider.
                product \(int) NOT NULL DEFAULT 0,
                project \(int) NOT NULL DEFAULT 0,
                request \(text) NOT NULL,
                request_sha1 \(text) NOT NULL,
                request_token \(text) NOT NULL,
                process_type \(text) NOT NULL,
                -- PENDING, IN_PROGRESS, SUCCESS or FAILED.
                state \(text) NOT NULL,
                attempt \(int) NOT NULL DEFAULT 0,
                -- Not before this time.
                run_at \(int) NOT NULL,
                lease_owner \(text) NOT NULL DEFAULT '',
                lease_until \(int) NOT NULL DEFAULT 0,
                cancelled \(int) NOT NULL DEFAULT 0,
                rows_done \(int) NOT NULL DEFAULT 0,
                error \(text) NOT NULL DEFAULT '',
                -- What the job made: an artifact's uuid for a report, JSON for the others.
                artifact \(text) NOT NULL DEFAULT '',
                result \(text) NOT NULL DEFAULT '',
                created_at \(int) NOT NULL,
                modified_at \(int) NOT NULL,
                finished_at \(int) NOT NULL DEFAULT 0\(words.end);

            -- The bytes of an upload whose job is not done, in pieces: where nodes share no directory, and in backups.
            CREATE TABLE upload (
                -- The job's uuid.
                job \(text) NOT NULL,
                position \(int) NOT NULL,
                bytes \(blob) NOT NULL,
                PRIMARY KEY (job, position)\(words.end);

            -- When an organization had its last turn.
            CREATE TABLE turn (organization \(int) PRIMARY KEY, number \(int) NOT NULL\(words.end);

            CREATE INDEX job_turn ON job (organization, id) WHERE state = 'PENDING';
            CREATE INDEX job_running ON job (organization) WHERE state = 'IN_PROGRESS';
            CREATE INDEX job_intake ON job (organization, id) WHERE kind = 'INTAKE' AND state IN ('PENDING', 'IN_PROGRESS');
            CREATE INDEX job_finished ON job (finished_at) WHERE state IN ('SUCCESS', 'FAILED');
            CREATE INDEX job_past ON job (organization, finished_at, id)
                WHERE kind = 'REPORT' AND state IN ('SUCCESS', 'FAILED');
            CREATE INDEX job_artifact ON job (artifact) WHERE artifact <> '';
            """
    }
}
