extension Migration {
    /// Licences of files, and one reading of each licence text in all outputs (docs/licences.md).
    ///
    /// The work reads the licences of old rows again, as imports do.
    static let licenseReadings = Migration(
        name: "license readings",
        digests: (
            sqlite: "06b6b0e701ea3b3a9fe16d6350aff740c34fabe9d9fb2b63df180b4285006964",
            postgresql: "95f418827b2108e1faecbbdea3014209f8237cd0e4c2156522307d5c2a8552b5"
        ),
        work: "license readings"
    ) { words in
        let text = words.text
        return """
            -- The licences of the file itself: their names, one a line, and the SPDX expression. Empty where its document says none.
            ALTER TABLE source_file ADD COLUMN licenses \(text) NOT NULL DEFAULT '';
            ALTER TABLE source_file ADD COLUMN license_expression \(text) NOT NULL DEFAULT '';

            -- Policies look at other licences, and reports show them.
            INSERT INTO stale_project (project, organization, mark)
                SELECT p.id, p.organization, 1 FROM project p WHERE p.scan > 0
                ON CONFLICT (project) DO UPDATE SET mark = stale_project.mark + 1;
            UPDATE project SET revision = revision + 1;
            UPDATE product SET revision = revision + 1;
            UPDATE organization SET revision = revision + 1;

            """
    }
}
