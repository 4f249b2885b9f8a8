/// A line of the change log: a change in the configuration or metadata of an organization. It is written in the transaction
/// of the change itself, which gives the organization a new revision, because reports show the line. If the audit trail
/// records changes of this kind (`audited`), the same transaction writes the record.
package struct Change: Sendable, Equatable {
    package enum Category: String, Sendable {
        case configuration = "CONFIGURATION"
        case metadata = "METADATA"
    }

    package enum Aspect: String, Sendable {
        case created = "CREATED"
        case changed = "CHANGED"
        case deleted = "DELETED"
    }

    /// The kind of the changed thing: the class of the line.
    package enum Kind: String, Sendable {
        case alert = "ALERT"
        case assignment = "ASSIGNMENT"
        case attribute = "ATTRIBUTE"
        case attributeValue = "ATTRIBUTE_VALUE"
        case bugs = "BUGS"
        case decision = "DECISION"
        case entity = "ENTITY"
        case externalIssues = "EXTERNAL_ISSUES"
        case group = "GROUP"
        case inHouse = "IN_HOUSE"
        case inHouseRule = "IN_HOUSE_RULE"
        case license = "LICENSE"
        case licensePreference = "LICENSE_PREFERENCE"
        case libraryRequest = "LIBRARY_REQUEST"
        case notice = "NOTICE"
        case places = "PLACES"
        case policy = "POLICY"
        case schedule = "SCHEDULE"
        case sourceFiles = "SOURCE_FILES"
        case subscription = "SUBSCRIPTION"
        case tag = "TAG"
        case user = "USER"
        case userKey = "USER_KEY"
        case webhook = "WEBHOOK"
    }

    /// The changed thing: its kind (`ORGANIZATION`, `PRODUCT`, `PROJECT` or `LIBRARY`), number and name.
    package struct Place: Sendable, Equatable {
        package let word: String
        package let id: Int64
        package let name: String

        package init(_ word: String, id: Int64, name: String) {
            self.word = word
            self.id = id
            self.name = name
        }
    }

    package let category: Category
    package let kind: Kind
    package let aspect: Aspect
    package let place: Place
    /// Texts; empty where no value existed or exists.
    package var before: [String] = []
    package var after: [String] = []

    package init(
        _ category: Category, _ kind: Kind, _ aspect: Aspect, of place: Place,
        before: [String] = [], after: [String] = []
    ) {
        self.category = category
        self.kind = kind
        self.aspect = aspect
        self.place = place
        self.before = before
        self.after = after
    }

    /// A change of a property of the scope itself; the name of the scope is looked up.
    package init(
        _ category: Category, _ kind: Kind, _ aspect: Aspect, in scope: Scope, before: [String] = [],
        after: [String] = [], on connection: any Connection
    ) throws {
        let facts = try ScopeFacts.read(scope, on: connection)
        self.init(
            category, kind, aspect, of: Place(scope.kind.rawValue.uppercased(), id: scope.id, name: facts?.name ?? ""),
            before: before, after: after)
    }

    /// Writes the line, in the transaction of the change. The scope of `writing` gives the organization, and the product or
    /// project.
    package func write(_ writing: Writing) throws { try Self.write([self], writing) }

    /// Writes lines of one scope.
    package static func write(_ changes: [Change], _ writing: Writing) throws {
        guard !changes.isEmpty else { return }
        try Revisions.raise(organization: writing.scope.organization, on: writing.connection)
        for change in changes { try change.insert(writing) }
    }

    private func insert(_ writing: Writing) throws {
        func lines(_ texts: [String]) -> String {
            texts.map { $0.split(separator: "\n").joined(separator: " ") }.joined(separator: "\n")
        }
        try writing.connection.run(
            """
            INSERT INTO change (organization, at, category, class, aspect, scope, scope_id, scope_name, before, after,
                operator, account, product, project)
            VALUES (\(writing.scope.organization), \(writing.time), \(category.rawValue), \(kind.rawValue), \(aspect.rawValue),
                \(place.word), \(place.id), \(place.name), \(lines(before)), \(lines(after)), \(writing.author.word),
                \(writing.author.account), \(writing.scope.product == 0 ? nil : writing.scope.product),
                \(writing.scope.project == 0 ? nil : writing.scope.project))
            """)
        guard let event = audited else { return }
        var record = AuditRecord(event, organization: writing.scope.organization, at: writing.time)
        record.account = writing.author.account ?? 0
        record.origin = writing.origin
        record.subject = "\(place.word) \(place.name)"
        record.detail =
            "\(kind.rawValue) \(aspect.rawValue) \((after.isEmpty ? before : after).joined(separator: ", "))"
        (record.product, record.project) = (writing.scope.product, writing.scope.project)
        try AuditTrail.add(record, on: writing.connection)
    }
}
