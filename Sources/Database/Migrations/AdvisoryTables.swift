extension Migration {
    /// Facts about vulnerabilities, and the libraries that have them.
    ///
    /// Advisories belong to no organization: all are matched with the same ones. A library is matched once, however
    /// many projects have it: Reports join `finding`.
    static let advisories = Migration(
        name: "advisories",
        digests: (
            sqlite: "ba6c0fe486b294b1ba52b6a09f839e0fd4e886d66035f3d19a449d8fbf5f6c88",
            postgresql: "4da7a722f6a8bb138384cac80f9f0e00fc245bbda72110575348798dbceb0118"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- A record of a database of advisories, as it was read last.
            CREATE TABLE advisory (
                id \(int) PRIMARY KEY,
                -- GHSA-…, CVE-…, GO-…
                name \(text) NOT NULL UNIQUE,
                modified \(int) NOT NULL,
                published \(int),
                -- When it was withdrawn, or null.
                withdrawn \(int),
                -- Other names of the same vulnerability, one a line.
                aliases \(text) NOT NULL,
                summary \(text) NOT NULL,
                details \(text) NOT NULL,
                -- CVSS vectors, one a line; the word of its author where there is none.
                vectors \(text) NOT NULL,
                severity \(text) NOT NULL,
                -- CWE-…, one a line.
                weaknesses \(text) NOT NULL,
                -- `TYPE address`, one a line.
                links \(text) NOT NULL,
                -- `TYPE name`, one a line.
                credits \(text) NOT NULL\(words.end);

            -- Every name of an advisory, its own included.
            CREATE TABLE advisory_name (
                name \(text) NOT NULL,
                advisory \(int) NOT NULL,
                PRIMARY KEY (name, advisory)\(words.clustered);
            CREATE INDEX advisory_name_advisory ON advisory_name (advisory);

            -- A package that an advisory names, with the versions that it affects.
            CREATE TABLE affected_package (
                package \(text) NOT NULL,
                advisory \(int) NOT NULL,
                position \(int) NOT NULL,
                -- Address of the registry, or empty for the ecosystem's own.
                registry \(text) NOT NULL,
                -- Ranges, one a line, and versions, one a line (Inventory/Versions/AffectedVersions.swift).
                ranges \(text) NOT NULL,
                versions \(text) NOT NULL,
                PRIMARY KEY (package, advisory, position)\(words.clustered);
            CREATE INDEX affected_package_advisory ON affected_package (advisory);

            -- One vulnerability: what advisories with a name in common say together.
            CREATE TABLE vulnerability (
                id \(int) PRIMARY KEY,
                -- The CVE where there is one.
                name \(text) NOT NULL UNIQUE,
                -- CVE, GHSA, …: what the name begins with.
                type \(text) NOT NULL,
                -- Other names, one a line.
                aliases \(text) NOT NULL,
                -- The advisory whose text is shown.
                advisory \(int) NOT NULL,
                published \(int),
                modified \(int) NOT NULL,
                url \(text) NOT NULL,
                weaknesses \(text) NOT NULL,
                -- low, medium, high, or empty: version 2, else the word that is nearest.
                severity \(text) NOT NULL,
                -- Tenths of the newest version's score, for comparing; null when there is none.
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
                -- Counts up when any of this changes.
                edition \(int) NOT NULL\(words.end);

            CREATE TABLE vulnerability_advisory (
                advisory \(int) NOT NULL,
                vulnerability \(int) NOT NULL,
                PRIMARY KEY (advisory, vulnerability)\(words.clustered);
            CREATE INDEX vulnerability_advisory_vulnerability ON vulnerability_advisory (vulnerability, advisory);

            -- Under which names advisories may speak of a library.
            CREATE TABLE library_package (
                package \(text) NOT NULL,
                organization \(int) NOT NULL,
                library \(int) NOT NULL,
                -- The version in the ecosystem's spelling, and the registry that the library surely comes from.
                version \(text) NOT NULL,
                registry \(text) NOT NULL,
                PRIMARY KEY (package, organization, library)\(words.clustered);
            CREATE INDEX library_package_library ON library_package (library);

            -- A library that has a vulnerability.
            CREATE TABLE finding (
                library \(int) NOT NULL,
                vulnerability \(int) NOT NULL,
                -- Of the vulnerability, when this was decided.
                edition \(int) NOT NULL,
                -- The smallest version that leaves all known vulnerabilities of the library behind; null when none is known.
                top_fix \(text),
                -- The advisory that says so.
                top_fix_advisory \(int),
                PRIMARY KEY (library, vulnerability)\(words.clustered);
            CREATE INDEX finding_vulnerability ON finding (vulnerability, library);

            -- Versions that leave one vulnerability of a library behind, the smallest first.
            CREATE TABLE finding_fix (
                library \(int) NOT NULL,
                vulnerability \(int) NOT NULL,
                position \(int) NOT NULL,
                version \(text) NOT NULL,
                advisory \(int) NOT NULL,
                PRIMARY KEY (library, vulnerability, position)\(words.clustered);

            -- Packages whose advisories changed since the organization's libraries of them were matched.
            CREATE TABLE stale_package (
                organization \(int) NOT NULL,
                package \(text) NOT NULL,
                -- Counts up when they change again, so that nobody takes the mark away too early.
                mark \(int) NOT NULL,
                PRIMARY KEY (organization, package)\(words.clustered);

            -- A version that a registry has of a package.
            CREATE TABLE package_release (
                package \(text) NOT NULL,
                version \(text) NOT NULL,
                published \(int),
                PRIMARY KEY (package, version)\(words.clustered);

            -- A library of which a newer version is known.
            CREATE TABLE newer_version (
                library \(int) PRIMARY KEY,
                newest \(text) NOT NULL,
                newest_published \(int),
                -- Of the version in use.
                published \(int),
                versions_between \(int) NOT NULL,
                -- Whether the newest has another first number.
                major \(int) NOT NULL,
                -- The newest with the same first number, or empty.
                newest_minor \(text) NOT NULL\(words.end);

            -- Rows that writers lock so that they wait for each other (docs/adr/011).
            INSERT INTO sequence (name, next) VALUES ('advisory', 1), ('vulnerability', 1), ('matching', 1);


            """
    }
}
