extension Migration {
    /// Licences as expressions (docs/licences.md): the found ones, those in effect, those that bind after every choice, and
    /// the texts that documents bring.
    ///
    /// The work decides the licences of old rows from the libraries' facts.
    static let licenseExpressions = Migration(
        name: "license expressions",
        digests: (
            sqlite: "9d82729e63166b410f86349be43b096fc0cb6831464b3effaf39f7f6309a770a",
            postgresql: "7e52ce5b6522a572f6cffc1521cdb60a51b7719e4e056c0521acb8fd9916da8e"
        ),
        work: "license expressions"
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- SPDX expressions: what the document says, and what is in effect. Empty where no licence is known.
            ALTER TABLE library ADD COLUMN license_found \(text) NOT NULL DEFAULT '';
            ALTER TABLE library ADD COLUMN license_expression \(text) NOT NULL DEFAULT '';
            -- Whether the expression in effect offers a choice.
            ALTER TABLE library ADD COLUMN license_choice \(int) NOT NULL DEFAULT 0;
            CREATE INDEX library_choice ON library (organization, license_expression) WHERE license_choice = 1;

            -- Whose texts `license_text` has for it: the SPDX identifiers of the licence and of the exception.
            ALTER TABLE license ADD COLUMN base \(text) NOT NULL DEFAULT '';
            ALTER TABLE license ADD COLUMN exception \(text) NOT NULL DEFAULT '';
            UPDATE license SET base = spdx WHERE spdx NOT LIKE '% WITH %';

            -- Whether it binds, every choice decided.
            ALTER TABLE library_license ADD COLUMN chosen \(int) NOT NULL DEFAULT 1;
            -- The SHA-256 of the text that the library's document brings for it, or empty.
            ALTER TABLE library_license ADD COLUMN text \(text) NOT NULL DEFAULT '';
            CREATE INDEX library_license_text ON library_license (text) WHERE text <> '';

            -- Rows of `library_license` that a person's choice took the place of.
            CREATE TABLE replaced_license (
                library \(int) NOT NULL,
                position \(int) NOT NULL,
                license \(int) NOT NULL,
                reference_type \(text) NOT NULL,
                reference \(text) NOT NULL,
                text \(text) NOT NULL,
                PRIMARY KEY (library, position)\(words.clustered);
            CREATE INDEX replaced_license_license ON replaced_license (license);
            CREATE INDEX replaced_license_text ON replaced_license (text) WHERE text <> '';

            -- Texts of licences that documents of the organization bring.
            CREATE TABLE library_text (
                organization \(int) NOT NULL,
                digest \(text) NOT NULL,
                body \(text) NOT NULL,
                PRIMARY KEY (organization, digest)\(words.end);

            -- What the person gave: a name, an identifier or an expression a line.
            ALTER TABLE license_override ADD COLUMN given \(text) NOT NULL DEFAULT '';
            UPDATE license_override SET given = licenses;

            -- The order in which an organization prefers licences where an expression offers a choice.
            CREATE TABLE license_preference (
                organization \(int) NOT NULL,
                position \(int) NOT NULL,
                name \(text) NOT NULL,
                PRIMARY KEY (organization, position)\(words.clustered);

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
