extension Migration {
    /// Lists of alerts of which an organization has few among many.
    static let alertLists = Migration(
        name: "alert lists",
        digests: (
            sqlite: "d41fd6cdc5655d79ca6a631cd4d8bbf28464674699715b21d8b285cf124d0653",
            postgresql: "d41fd6cdc5655d79ca6a631cd4d8bbf28464674699715b21d8b285cf124d0653"
        )
    ) { _ in
        """
        -- What is ignored or resolved, project by project.
        CREATE INDEX alert_closed ON alert (state, project, number) WHERE state <> 'OPEN';
        -- What is about no vulnerability, as what policies reject.
        CREATE INDEX alert_other ON alert (type, project, number) WHERE type <> 'SECURITY_VULNERABILITY';

        """
    }
}
