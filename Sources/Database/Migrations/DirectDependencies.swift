extension Migration {
    /// Direct dependencies: unknown (-1) where a document has no graph; with a graph, the libraries that no other library
    /// needs, whatever the root's edges. Rows of older scans follow the rule, and with them their alerts.
    static let directDependencies = Migration(
        name: "direct dependencies",
        digests: (
            sqlite: "717c52b75839c83f30b81a59a53c4f926a756c66065124f948c7e949953bc3c0",
            postgresql: "717c52b75839c83f30b81a59a53c4f926a756c66065124f948c7e949953bc3c0"
        )
    ) { _ in
        """
        UPDATE occurrence SET direct = -1 WHERE scan IN (
            SELECT s.id FROM scan s WHERE NOT EXISTS (SELECT 1 FROM dependency d
                WHERE d.scan = s.id AND d.kind = 'dependsOn' AND d.source <> d.target));

        CREATE TABLE needed_occurrence AS SELECT DISTINCT t.scan AS scan, t.occurrence AS position
            FROM dependency d JOIN component f ON f.scan = d.scan AND f.position = d.source
            JOIN component t ON t.scan = d.scan AND t.position = d.target
            WHERE d.kind = 'dependsOn' AND f.occurrence <> t.occurrence;
        CREATE INDEX needed_occurrence_place ON needed_occurrence (scan, position);
        UPDATE occurrence SET direct = 1, depth = 1 WHERE direct = 0 AND depth = -1 AND NOT EXISTS (
            SELECT 1 FROM needed_occurrence n WHERE n.scan = occurrence.scan AND n.position = occurrence.position);
        DROP TABLE needed_occurrence;
        UPDATE component SET depth = 1 WHERE depth = -1 AND position > 0 AND EXISTS (
            SELECT 1 FROM occurrence o WHERE o.scan = component.scan AND o.position = component.occurrence
                AND o.direct = 1);

        UPDATE alert SET direct = coalesce((
            SELECT max(o.direct) FROM project p JOIN occurrence o ON o.scan = p.scan
            WHERE p.id = alert.project AND o.library = alert.library), direct);
        UPDATE project SET revision = revision + 1;
        UPDATE product SET revision = revision + 1;
        UPDATE organization SET revision = revision + 1;

        """
    }
}
