// DESIGN. Mend names a library by group, artifact and version, as Maven does. For other ecosystems the group is the package's
// whole name, and the artifact is its file: `lodash`, `lodash-4.17.20.tgz` (docs/coordinates.md has the table). The inventory
// stores group, name and version of the package. For every answer in Mend's form, this file derives the names that Mend's
// clients join their history on.

/// SQL for the names by which Mend's clients know a `library l`.
package enum MendCoordinates {
    /// `groupId`.
    package static let group: StaticSQL = """
        CASE WHEN l.type_constant IN ('MAVEN_ARTIFACT', 'UNKNOWN_ARTIFACT') THEN l.group_id ELSE l.artifact END
        """
    /// `artifactId`.
    package static let artifact: StaticSQL = """
        CASE WHEN l.type_constant IN ('MAVEN_ARTIFACT', 'UNKNOWN_ARTIFACT') THEN l.artifact ELSE l.filename END
        """
    /// `coordinates`: group, artifact and version, joined by colons; absent ones are left out.
    package static let all: StaticSQL = """
        CASE WHEN l.type_constant NOT IN ('MAVEN_ARTIFACT', 'UNKNOWN_ARTIFACT') THEN l.artifact || ':' || l.filename
            WHEN l.group_id <> '' THEN l.group_id || ':' || l.artifact ELSE l.artifact END
            || CASE WHEN l.version <> '' THEN ':' || l.version ELSE '' END
        """
}
