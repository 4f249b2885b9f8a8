extension Migration {
    /// Tables that answer questions: parts of the names of libraries, the way to a component, and the events of a library in one project.
    ///
    /// SQLite has an index of trigrams by FTS5, which triggers keep as `library_name` is; PostgreSQL by pg_trgm, where the extension
    /// can be made. Without the extension all names of an organization are read one by one, with the same answer.
    static let questions = Migration(
        name: "questions",
        digests: (
            sqlite: "a9cbc77f2da83e24e963fbc3f8b90e3ce11ec14246143e6b0edddcbfa7900efb",
            postgresql: "32c93cc47ef120a4fa5ea7fcf85033d6dac538fcd2f3edf5accfda1385877b45"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- Names of libraries, each once in an organization.
            CREATE TABLE library_name (
                id \(words.counted),
                organization \(int) NOT NULL,
                artifact \(text) NOT NULL,
                group_id \(text) NOT NULL,
                -- Group and artifact with a colon between, letters of ASCII in lower case: what parts of names are looked for in.
                folded \(text) NOT NULL,
                UNIQUE (organization, artifact, group_id)\(words.end);
            INSERT INTO library_name (organization, artifact, group_id, folded)
                SELECT DISTINCT organization, artifact, group_id,
                    lower(CASE WHEN group_id = '' THEN artifact ELSE group_id || ':' || artifact END)
                FROM library ORDER BY organization, artifact, group_id;

            -- The component that needs it and lies one step nearer to the root, on a shortest way; -1 where there is none, or the
            -- scan is older than this column.
            ALTER TABLE component ADD COLUMN via \(int) NOT NULL DEFAULT -1;

            DROP INDEX inventory_event_library;
            CREATE INDEX inventory_event_library ON inventory_event (library, project);

            """ + (words.hasStatisticsToSay ? trigramsOfSQLite : trigramsOfPostgreSQL)
    }

    private static let trigramsOfSQLite = """
        CREATE VIRTUAL TABLE library_name_text USING fts5(
            folded, content = 'library_name', content_rowid = 'id', tokenize = 'trigram');
        INSERT INTO library_name_text (library_name_text) VALUES ('rebuild');
        CREATE TRIGGER library_name_added AFTER INSERT ON library_name BEGIN
            INSERT INTO library_name_text (rowid, folded) VALUES (new.id, new.folded);
        END;
        CREATE TRIGGER library_name_removed AFTER DELETE ON library_name BEGIN
            INSERT INTO library_name_text (library_name_text, rowid, folded) VALUES ('delete', old.id, old.folded);
        END;
        INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
            ('library_name', 'sqlite_autoindex_library_name_1', '100000 10000 2 1'),
            ('inventory_event', 'inventory_event_library', '1000000 10 1');
        ANALYZE sqlite_schema;

        """

    private static let trigramsOfPostgreSQL = """
        DO $trigrams$ BEGIN
            CREATE EXTENSION IF NOT EXISTS pg_trgm;
            CREATE INDEX library_name_text ON library_name USING gin (folded gin_trgm_ops);
        EXCEPTION WHEN OTHERS THEN
            RAISE LOG 'no index of parts of names (%): questions for them read the names of an organization', SQLERRM;
        END $trigrams$;

        """
}
