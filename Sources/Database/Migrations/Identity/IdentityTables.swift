extension Migration {
    /// What a library is stands apart from its descriptions, with a number that clients can hold; a component may have a
    /// description of its own; and when content changed is known apart from when something was uploaded. The work names the
    /// libraries that are there, and moves what people decided about them (docs/adr/020-identity-of-libraries.md).
    static let identities = Migration(
        name: "identities",
        digests: (
            sqlite: "1e30d500ba6da825e3d5f3ae69a505f15ebe9d03db96c4c674cca553e5420f57",
            postgresql: "f5a704a75e68fbb4a1fc5e1608f2cbd67c663eb2977ac5461fed20b7a9410859"
        ),
        work: "name libraries by what they are"
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- Libraries, each once in an organization, however many rows of `library` describe it.
            CREATE TABLE library_identity (
                organization \(int) NOT NULL REFERENCES organization (id),
                uuid \(text) NOT NULL,
                -- Counted in the organization from 1, in the order in which libraries first came. For good.
                key_id \(int) NOT NULL,
                -- The uuid of the same package without the qualifiers that make it another; empty where it has none.
                base \(text) NOT NULL,
                PRIMARY KEY (organization, uuid)\(words.clustered);
            CREATE INDEX library_identity_base ON library_identity (organization, base) WHERE base <> '';

            -- The row that describes the component where its document has several descriptions of the library; 0 where it is
            -- the occurrence's.
            ALTER TABLE component ADD COLUMN library \(int) NOT NULL DEFAULT 0;
            CREATE INDEX component_library ON component (library) WHERE library <> 0;

            -- When what reports show last changed; the same content that is uploaded again is no change.
            ALTER TABLE product ADD COLUMN content_at \(int) NOT NULL DEFAULT 0;
            ALTER TABLE project ADD COLUMN content_at \(int) NOT NULL DEFAULT 0;
            UPDATE product SET content_at = updated_at;
            UPDATE project SET content_at = updated_at;


            """
    }
}
