extension Migration {
    /// One severity for each vulnerability, and a fix of its own for each finding.
    ///
    /// The work decides the severity of old rows again; findings are matched again by the jobs that packages with changed
    /// advisories get.
    static let severity = Migration(
        name: "severity",
        digests: (
            sqlite: "cb2a2a824ac975ac8c92c1a7743c3017f4263b3a62641156d3fececbfbe93e80",
            postgresql: "473ef5c3a17a6747653ff72625113e725d85d9855b4b0e6eea59592a0bf9d84b"
        ),
        work: "severity"
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- The version of CVSS that `severity` (critical, high, medium, low or empty) and `score` come from: 4.0, 3.1, 3.0, 2.0,
            -- or empty where no vector rates it.
            ALTER TABLE vulnerability ADD COLUMN cvss_version \(text) NOT NULL DEFAULT '';

            -- The smallest version that leaves all known vulnerabilities of the library behind, and the advisory that names it;
            -- `top_fix` is the smallest that leaves this one behind.
            ALTER TABLE finding ADD COLUMN upgrade \(text);
            ALTER TABLE finding ADD COLUMN upgrade_advisory \(int);
            UPDATE finding SET upgrade = top_fix, upgrade_advisory = top_fix_advisory;
            UPDATE finding SET
                top_fix = (SELECT x.version FROM finding_fix x WHERE x.library = finding.library
                    AND x.vulnerability = finding.vulnerability AND x.position = 0),
                top_fix_advisory = (SELECT x.advisory FROM finding_fix x WHERE x.library = finding.library
                    AND x.vulnerability = finding.vulnerability AND x.position = 0);
            INSERT INTO stale_package (organization, package, mark)
                SELECT DISTINCT p.organization, p.package, 1 FROM library_package p
                WHERE p.library IN (SELECT f.library FROM finding f)
                ON CONFLICT (organization, package) DO UPDATE SET mark = stale_package.mark + 1;


            """
    }
}
