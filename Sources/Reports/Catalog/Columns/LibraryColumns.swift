import Database

/// SQL of what is known of a `library l`; null where it is not.
enum LibrarySQL {
    static let sha1: StaticSQL = "nullif(l.sha1, '')"
    /// How the library was recognized: by its digest, or not at all. A name is no match.
    static let matchType: StaticSQL = "CASE WHEN l.sha1 <> '' THEN 'Exact Match' END"
}

extension Column {
    /// The licences of a library, from a text with a name on each line.
    static func licenses(_ sql: StaticSQL) -> Column {
        Column(
            "licenses", "Licenses", .names(item: "license", key: "name", rest: "\"references\":[]"), sql, width: 24)
    }
}
