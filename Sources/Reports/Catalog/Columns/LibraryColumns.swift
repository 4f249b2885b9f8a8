import Database

/// SQL of the facts about a `library l`; null if unknown.
enum LibrarySQL {
    static let sha1: StaticSQL = "nullif(l.sha1, '')"
    static let group: StaticSQL = "nullif(\(MendCoordinates.group), '')"
    static let version: StaticSQL = "nullif(l.version, '')"
    static let description: StaticSQL = "nullif(l.description, '')"
    /// How the library was recognized: by its digest, or not at all. A name alone is no match.
    static let matchType: StaticSQL = "CASE WHEN l.sha1 <> '' THEN 'Exact Match' END"
    /// The components `c` of a library that state a location. For a library that is known only by its digest, the first
    /// component counts, which Mend shows as a location without a path.
    static let isLocation: StaticSQL = """
        c.locations <> '' OR l.sha1 <> '' AND NOT EXISTS (SELECT 1 FROM component k
            WHERE k.scan = c.scan AND k.occurrence = c.occurrence AND (k.locations <> '' OR k.position < c.position))
        """
    /// The paths of a component `c`, one a line.
    static let paths: StaticSQL = "nullif(c.locations, '')"
}

extension Column {
    /// The licences of a library, from a text with one name a line.
    static func licenses(_ sql: StaticSQL) -> Column {
        Column(
            "licenses", "Licenses", .names(item: "license", key: "name", rest: "\"references\":[]"), sql, width: 24)
    }
}
