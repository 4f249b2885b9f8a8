// DESIGN. Further statements of people and their tools about libraries: values of custom attributes, notices, bugs of
// a tracker, and the places where an image runs. Each statement replaces the earlier one about the same subject.

/// A custom attribute.
package struct Attribute: Sendable, Equatable {
    package enum Context: String, Sendable, CaseIterable {
        case organization = "ORGANIZATION"
        case product = "PRODUCT"
        case project = "PROJECT"
    }

    package enum Kind: String, Sendable, CaseIterable {
        case text = "TEXT"
        case link = "LINK"
    }

    package let id: Int64
    package let name: String
    package let description: String
    package let context: Context
    package let kind: Kind
}

/// A bug of a library, from its tracker.
package struct LibraryBug: Sendable, Equatable {
    package let bug: String
    package let severity: String
    package let title: String
    package let status: String
    /// Milliseconds since 1970, or nil.
    package let reported: Int64?
    package let url: String

    package init(bug: String, severity: String, title: String, status: String, reported: Int64?, url: String) {
        self.bug = bug
        self.severity = severity
        self.title = title
        self.status = status
        self.reported = reported
        self.url = url
    }
}

/// The tables of people's statements about libraries.
package enum LibraryFacts {
    // MARK: Attributes

    /// The attributes of an organization, the oldest first.
    package static func attributes(_ organization: Int64, on connection: any Connection) throws -> [Attribute] {
        try connection.all(
            """
            SELECT id, name, description, context, type FROM attribute WHERE organization = \(organization) ORDER BY id
            """
        ) { row in
            Attribute(
                id: row.integer(0), name: row.string(1), description: row.string(2),
                context: Attribute.Context(rawValue: row.string(3)) ?? .organization,
                kind: Attribute.Kind(rawValue: row.string(4)) ?? .text)
        }
    }

    /// Makes an attribute; false when the name is taken.
    package static func addAttribute(
        _ name: String, description: String, context: Attribute.Context, kind: Attribute.Kind, by curator: Curator,
        on connection: any Connection
    ) throws -> Bool {
        let known = try connection.integer(
            "SELECT 1 FROM attribute WHERE organization = \(curator.organization) AND name = \(name)")
        guard known == nil else { return false }
        let id = try connection.take(1, from: "attribute")
        try connection.run(
            """
            INSERT INTO attribute (id, organization, name, description, context, type)
            VALUES (\(id), \(curator.organization), \(name), \(description), \(context.rawValue), \(kind.rawValue))
            """)
        let change = try Change(
            .configuration, .attribute, .created, in: curator.scope, after: [name], on: connection)
        try curator.write(change, on: connection)
        return true
    }

    /// Sets the value of an attribute for a library in the scope; an empty value removes it. False when users of the scope may
    /// not know of such a library.
    package static func setValue(
        _ value: String, of attribute: Attribute, library uuid: String, in scope: Scope, by curator: Curator,
        on connection: any Connection
    ) throws -> Bool {
        let isKnown = try connection.integer(
            "SELECT 1 FROM library l WHERE \(LibraryRecords.isKnown(scope)) AND l.uuid = \(uuid) LIMIT 1")
        guard isKnown != nil, let place = try curator.place(uuid, on: connection) else { return false }
        let product = attribute.context == .organization ? 0 : scope.product
        let project = attribute.context == .project ? scope.project : 0
        let row: SQL = """
            organization = \(curator.organization) AND library_uuid = \(uuid) AND attribute = \(attribute.id)
                AND product = \(product) AND project = \(project)
            """
        let before = try connection.first("SELECT value FROM attribute_value WHERE \(row)") { $0.string(0) }
        try connection.run("DELETE FROM attribute_value WHERE \(row)")
        if !value.isEmpty {
            try connection.run(
                """
                INSERT INTO attribute_value (organization, library_uuid, attribute, product, project, value)
                VALUES (\(curator.organization), \(uuid), \(attribute.id), \(product), \(project), \(value))
                """)
        }
        try curator.note(
            Change(
                .metadata, .attributeValue, .changed, of: place,
                before: before.map { ["\(attribute.name): \($0)"] } ?? [],
                after: value.isEmpty ? [] : ["\(attribute.name): \(value)"]), of: uuid, on: connection)
        return true
    }

    // MARK: Notices

    /// Sets the notice of a library; an empty text removes it. False when the organization has no such library.
    package static func setNotice(
        _ text: String, reference: String, of uuid: String, by curator: Curator, on connection: any Connection
    ) throws -> Bool {
        guard let place = try curator.place(uuid, on: connection) else { return false }
        let row: SQL = "organization = \(curator.organization) AND library_uuid = \(uuid)"
        let before = try connection.first("SELECT text FROM library_notice WHERE \(row)") { $0.string(0) }
        try connection.run("DELETE FROM library_notice WHERE \(row)")
        if !text.isEmpty {
            try connection.run(
                """
                INSERT INTO library_notice (organization, library_uuid, text, reference, account, at)
                VALUES (\(curator.organization), \(uuid), \(text), \(reference), \(curator.author.account),
                    \(curator.time))
                """)
        }
        try curator.note(
            Change(
                .metadata, .notice, .changed, of: place, before: before.map { [$0] } ?? [],
                after: text.isEmpty ? [] : [text]), of: uuid, on: connection)
        return true
    }

    /// A notice and its library.
    package struct Notice: Sendable, Equatable {
        package let library: String
        package let reference: String
        package let text: String
    }

    /// Calls back with each notice of the libraries of a scope, in the order of the names of the libraries' files.
    package static func eachNotice(
        in scope: Scope, on connection: any Connection, _ body: (Notice) throws -> Void
    ) throws {
        try connection.each(
            """
            SELECT min(l.filename), n.reference, n.text FROM library_notice n
            JOIN library l ON l.organization = n.organization AND l.uuid = n.library_uuid
            WHERE n.organization = \(scope.organization) AND EXISTS (SELECT 1 FROM occurrence o
                JOIN project p ON p.scan = o.scan WHERE o.library = l.id AND \(scope.condition))
            GROUP BY n.library_uuid, n.reference, n.text ORDER BY 1, n.library_uuid
            """
        ) { try body(Notice(library: $0.string(0), reference: $0.string(1), text: $0.string(2))) }
    }

    // MARK: Bugs

    /// Replaces the bugs of a library; false when the organization has no such library.
    package static func setBugs(
        _ bugs: [LibraryBug], of uuid: String, by curator: Curator, on connection: any Connection
    ) throws -> Bool {
        guard let place = try curator.place(uuid, on: connection) else { return false }
        let row: SQL = "organization = \(curator.organization) AND library_uuid = \(uuid)"
        let before = try connection.all("SELECT bug FROM library_bug WHERE \(row) ORDER BY position") { $0.string(0) }
        try connection.run("DELETE FROM library_bug WHERE \(row)")
        for (position, bug) in bugs.enumerated() {
            try connection.run(
                """
                INSERT INTO library_bug (organization, library_uuid, position, bug, severity, title, status,
                    reported_at, url)
                VALUES (\(curator.organization), \(uuid), \(position), \(bug.bug), \(bug.severity), \(bug.title),
                    \(bug.status), \(bug.reported), \(bug.url))
                """)
        }
        try curator.note(
            Change(.metadata, .bugs, .changed, of: place, before: before, after: bugs.map(\.bug)), of: uuid,
            on: connection)
        return true
    }
}
