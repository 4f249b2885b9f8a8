package import Database

// DESIGN. A report is data: the source of its rows, and the names and sources of its columns. Everything else is derived from
// this data: the query, every format, the documentation, the checks of a request, and the matrix of the tests. A definition
// never mentions a tenant. The source joins `scope`, which the engine puts in front (Database/Tables/Accounts/Scope.swift).

/// A column of a report: its names, its kind and its source.
package struct Column: Sendable {
    package enum Kind: Sendable, Equatable {
        case text
        case integer
        case real
        case boolean
        /// Milliseconds since 1970, UTC; shown as `yyyy-MM-dd`.
        case date
        /// Milliseconds since 1970, UTC; shown as `yyyy-MM-dd HH:mm:ss`.
        case timestamp
        /// An address; a link where the format has links.
        case link
        /// The word of a severity; people see its colour, too.
        case severity
        /// A text in Markdown; people see its first words without the Markdown signs.
        case prose
        /// Names, one a line. JSON and XML show each name as an object `item`: the name under `key`, followed by the
        /// constant members `rest` (raw JSON). Where `key` is empty, they show the name alone. Flat formats join the
        /// names with commas.
        case names(item: String, key: String, rest: String)
    }

    /// The position in JSON and XML; `references.url` nests. An empty key hides the column there.
    package let key: String
    /// The heading in spreadsheets, PDF and CSV. An empty title hides the column there.
    package let title: String
    package let kind: Kind
    /// The SQL of the value. It is a constant, so that no run-time value can enter the query.
    package let sql: StaticSQL
    /// The width in a sheet in characters, and the weight in a PDF.
    package var width = 16
    /// Whether JSON and XML leave out the key when the value is null. When the first member of an object is left out, the
    /// whole object is left out, unless the member is marked otherwise.
    package var isOmittedWhenNull = false
    /// Whether the object stays when this column, its first member, is left out.
    package var isOmittedAlone = false
    /// The value of a filter that shows the column; in requests without this value the column is hidden.
    package var option: (filter: String, value: String)?
    /// The SQL for answers of API versions without the severity `critical`; nil for the same SQL.
    package var upToHigh: StaticSQL?
    /// The SQL for PDF; nil for the same SQL.
    package var printed: StaticSQL?
    /// The SQL of the address that the cell links to in formats for people; for a `prose`, the address of the whole
    /// text.
    package var address: StaticSQL?

    package init(_ key: String, _ title: String, _ kind: Kind, _ sql: StaticSQL, width: Int) {
        self.key = key
        self.title = title
        self.kind = kind
        self.sql = sql
        self.width = width
    }

    package static func text(_ key: String, _ title: String, _ sql: StaticSQL, width: Int = 20) -> Column {
        Column(key, title, .text, sql, width: width)
    }

    package static func integer(_ key: String, _ title: String, _ sql: StaticSQL, width: Int = 10) -> Column {
        Column(key, title, .integer, sql, width: width)
    }

    package static func boolean(_ key: String, _ title: String, _ sql: StaticSQL, width: Int = 10) -> Column {
        Column(key, title, .boolean, sql, width: width)
    }

    package static func timestamp(_ key: String, _ title: String, _ sql: StaticSQL, width: Int = 19) -> Column {
        Column(key, title, .timestamp, sql, width: width)
    }

    package static func link(_ key: String, _ title: String, _ sql: StaticSQL, width: Int = 30) -> Column {
        Column(key, title, .link, sql, width: width)
    }

    package static func names(
        _ key: String, _ title: String, item: String, name: String, _ sql: StaticSQL, width: Int = 24
    ) -> Column {
        Column(key, title, .names(item: item, key: name, rest: ""), sql, width: width)
    }

    /// The same column, shown only when `filter` has `value` in the request.
    package func only(when filter: String, has value: String) -> Column {
        var column = self
        column.option = (filter, value)
        return column
    }

    /// The same column in JSON and XML only.
    package var untitled: Column {
        var column = Column(key, "", kind, sql, width: width)
        column.isOmittedWhenNull = isOmittedWhenNull
        column.isOmittedAlone = isOmittedAlone
        column.option = option
        column.upToHigh = upToHigh
        return column
    }

    /// The same column with another SQL for API versions without the severity `critical`.
    package func upToHigh(_ sql: StaticSQL) -> Column {
        var column = self
        column.upToHigh = sql
        return column
    }

    /// The same column with another text in PDF.
    package func printed(_ sql: StaticSQL) -> Column {
        var column = self
        column.printed = sql
        return column
    }

    /// The same column with cells that link to an address in formats for people.
    package func leading(to address: StaticSQL) -> Column {
        var column = self
        column.address = address
        return column
    }

    /// Whether the column has one value in all rows of a scope, such as the product's name in a report about one product. The
    /// head of the report already shows this name.
    func isConstant(in kind: ScopeKind) -> Bool {
        switch kind {
        case .organization: false
        case .product: sql.description == "s.product_name"
        case .project: sql.description == "s.product_name" || sql.description == "s.project_name"
        }
    }

    /// The address as a separate column, which no format shows.
    var addressColumn: Column? { address.map { Column("", "", .link, $0, width: 0) } }

    /// The number of characters of a `prose` that are read for people; more than a cell shows.
    static let proseRead: (number: Int, sql: StaticSQL) = (1200, "1200")

    /// The value's SQL for an API version and a format.
    func sql(in version: APIVersion, as format: Format) -> StaticSQL {
        let plain = version.knowsCritical ? sql : upToHigh ?? sql
        let shown = format == .pdf ? printed ?? plain : plain
        // Rows for people are sorted, so a description is shortened before the sort: a cell shows only its beginning.
        return kind == .prose && format.isForPeople ? "substr(\(shown), 1, \(Self.proseRead.sql))" : shown
    }

    /// The same column, left out of JSON and XML when it is null.
    package var omittedWhenNull: Column {
        var column = self
        column.isOmittedWhenNull = true
        return column
    }

    /// The same column, left out of JSON and XML when it is null. Its object stays, even if empty.
    package var omittedAlone: Column {
        var column = omittedWhenNull
        column.isOmittedAlone = true
        return column
    }
}

/// Objects around the rows of a table in JSON and XML. Each has some columns, followed by the array of the next level or
/// of the rows. Flat formats show these columns before the others.
package struct Level: Sendable {
    /// The JSON key and XML element of the array, and the XML element of an object.
    package let key: String
    package let item: String
    /// The number of the order's leading integers that distinguish the objects.
    package let order: Int
    /// Columns of texts and integers.
    package let columns: [Column]

    package init(key: String, item: String, order: Int, columns: [Column]) {
        self.key = key
        self.item = item
        self.order = order
        self.columns = columns
    }
}

/// Rows of one kind: a sheet, a JSON array, or a list under the rows of another table.
package struct Table: Sendable {
    /// The JSON key of the array (in a list a path, like a column's key), the XML element of a row, and the name of the
    /// sheet.
    package let key: String
    package let item: String
    package let title: String
    /// The text after FROM, including a WHERE that is never empty; it joins `scope s`.
    package let from: StaticSQL
    /// A further condition, for tables that share `from`.
    package let condition: StaticSQL?
    /// The integers that order the rows. They are unique together and never null, and an index must serve the order.
    /// The order of a list begins with the order of the table above.
    package let order: [StaticSQL]
    package let columns: [Column]
    /// Tables whose rows repeat under each row of this table.
    package var lists: [Table] = []
    /// Tables with the same columns that replace this table for certain values of a filter.
    package var replacements: [Replacement] = []
    /// In a list: whether the first column holds several values, one a line, each of which makes a row with the other columns.
    /// Null gives one row.
    package var splitsLines = false
    /// The headings that group the rows, the outermost first.
    package var levels: [Level] = []
    /// The headings of the columns that a PDF shows, in this order; nil for all. A page is narrower than a sheet.
    package var printed: [String]?
    /// The order of the rows in formats for people; nil for the order of the table. Allowed only for tables that show no list
    /// in these formats.
    package var urgency: Urgency?
    /// Cheap SQL for the number of rows without filters, from `scope s`; nil means counting.
    package var bound: StaticSQL?

    package init(
        key: String, item: String, title: String, from: StaticSQL, condition: StaticSQL? = nil,
        order: [StaticSQL], urgency: Urgency? = nil, columns: [Column], lists: [Table] = [], levels: [Level] = [],
        bound: StaticSQL? = nil, splitsLines: Bool = false, replacements: [Replacement] = [], printed: [String]? = nil
    ) {
        self.printed = printed
        self.urgency = urgency
        self.replacements = replacements
        self.splitsLines = splitsLines
        self.levels = levels
        self.key = key
        self.item = item
        self.title = title
        self.from = from
        self.condition = condition
        self.order = order
        self.columns = columns
        self.lists = lists
        self.bound = bound
    }
}

/// A table that replaces another when `filter` has `value`.
package struct Replacement: Sendable {
    package let filter: String
    package let value: String
    package let table: Table
}

/// A key of the request's `filter` that a report knows.
package struct Filter: Sendable {
    package enum Kind: Sendable {
        /// A boolean: `true`, `"true"`, `"True"`. Without a default, both values filter the rows.
        case flag(default: Bool?)
        /// One of some words, regardless of case.
        case choice([String])
        /// Any of some words, as a list or as one text with commas.
        case list([String])
        /// `yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss`, UTC; a date means the beginning of the day.
        case time
        /// The same as the end of a span, which includes the day or the second.
        case endTime
        /// A whole number in a range.
        case integer(ClosedRange<Int64>)
        /// A number from 0 to 1.
        case share
        /// Any text.
        case text
        /// Any of some texts, as a list; a text with commas is one value.
        case texts
        /// The same for names without commas; a text with commas is several values.
        case names
    }

    package let key: String
    package let kind: Kind
    package let meaning: String
    /// The condition on the rows for a value; nil when the value allows all rows. Values are checked before; times are
    /// milliseconds as text.
    package let condition: @Sendable ([String]) -> SQL?
    /// The kind of thing that the values name; nil for values that are not names.
    package var named: Named?

    package init(
        _ key: String, _ kind: Kind, _ meaning: String,
        condition: @escaping @Sendable ([String]) -> SQL? = { _ in nil }
    ) {
        self.key = key
        self.kind = kind
        self.meaning = meaning
        self.condition = condition
    }

    /// A boolean that filters the rows unless it has its default value.
    package static func flag(_ key: String, default value: Bool, _ meaning: String, otherwise condition: StaticSQL)
        -> Filter
    {
        let narrowed = SQL(condition)
        return Filter(key, .flag(default: value), meaning) { $0 == [value ? "true" : "false"] ? nil : narrowed }
    }
}

/// A report that clients can request.
package struct Report: Sendable {
    /// The kinds of scope in which a report exists, with its name in each.
    package struct Name: Sendable {
        package let types: [ScopeKind: String]
        /// The word for file names and titles: `Inventory`.
        package let word: String
        /// Mend's names for the requests that return the bare file at once (mend-api.md §3.8); empty where Mend has none.
        /// These names may differ from the names of the types.
        package private(set) var synchronous: [ScopeKind: String] = [:]
        /// Filter values that these requests imply.
        package private(set) var synchronousFields: [String: [String]] = [:]

        init(types: [ScopeKind: String], word: String) {
            self.types = types
            self.word = word
        }

        /// The same name with a synchronous request in each of its scopes: `get`, the word of the scope, then `name`.
        func answered(as name: String, having fields: [String: [String]] = [:]) -> Name {
            var answered = self
            for kind in types.keys { answered.synchronous[kind] = "get\(kind.requestWord)\(name)" }
            answered.synchronousFields = fields
            return answered
        }

        /// The same name with synchronous requests that follow no pattern.
        func answered(exactly names: [ScopeKind: String]) -> Name {
            var answered = self
            answered.synchronous = names
            return answered
        }

        /// The same name, limited to some scopes.
        package static func plain(_ name: String, in scopes: ScopeKind...) -> Name {
            Name(
                types: Dictionary(uniqueKeysWithValues: scopes.map { ($0, name) }),
                word: name.hasSuffix("Report") ? String(name.dropLast(6)) : name)
        }

        /// `Org`, `Product` and `Project` before a common name.
        package static func prefixed(_ name: String, in scopes: ScopeKind...) -> Name {
            Name(
                types: Dictionary(uniqueKeysWithValues: scopes.map { ($0, $0.prefix + name) }),
                word: name.hasSuffix("Report") ? String(name.dropLast(6)) : name)
        }
    }

    package enum Body: Sendable {
        case tables([Table])
        /// A software bill of materials.
        case bom
        /// Statements about vulnerabilities (VEX).
        case vex
        /// The text to ship with a product.
        case attribution
        /// Pages for a manager.
        case risk
    }

    package let name: Name
    /// The title for people.
    package let title: String
    /// The first is the default.
    package let formats: [Format]
    package let filters: [Filter]
    package let body: Body
    /// Whether the report compares two products or projects; the request then names the other side
    /// (`comparisonAliases`).
    package var isComparison = false
    /// Whether the report shows vulnerable libraries, so that its readers need the basis of the verdict.
    package var isVerdict = false
    /// A remark about its rows for formats for people; may be empty.
    package var remark = ""
    /// Whether the report shows rows of the whole organization also in the scope of a product or project.
    package var showsOrganization = false
    /// Whether the report is about the use of the server. Such a report is only for administrators of the organization. It
    /// is never shared, because its content changes while the scope does not.
    package var isTrail = false
    /// Members before the tables in JSON, and before the first table in XML: key and text.
    package var preface: @Sendable (ScopeFacts) -> [(key: String, text: String)] = { _ in [] }

    package init(
        name: Name, title: String, formats: [Format], filters: [Filter], body: Body, isVerdict: Bool = false
    ) {
        self.isVerdict = isVerdict
        self.name = name
        self.title = title
        self.formats = formats
        self.filters = filters
        self.body = body
    }
}
