package import Database

// DESIGN. A report is data: the source of its rows, and the names and sources of its columns. Everything else is derived from
// that: the query, every format, the documentation, the checks of a request, the matrix of the tests. A definition never
// mentions a tenant. It joins `scope`, which the engine puts in front (Database/Tables/Accounts/Scope.swift).

/// A column of a report: its names, its kind and where it comes from.
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
        /// The word of a severity; people see it with its colour.
        case severity
        /// A text in Markdown; people see the first words of it, without its signs.
        case prose
        /// Names, one a line. JSON and XML show each as an object `item` with the name under `key` and the constant
        /// members `rest` (raw JSON) behind it, or the name alone where `key` is empty; flat formats join them with a
        /// comma.
        case names(item: String, key: String, rest: String)
    }

    /// The place in JSON and XML; `references.url` nests. Empty: not shown there.
    package let key: String
    /// The heading in spreadsheets, PDF and CSV. Empty: not shown there.
    package let title: String
    package let kind: Kind
    /// The SQL of the value; a constant, so that no run-time value can get in.
    package let sql: StaticSQL
    /// Width in a sheet, in characters; a weight in a PDF.
    package var width = 16
    /// Leaves the key out of JSON and XML when the value is null. Leaving out the first member of an object leaves out the
    /// object, unless the member is marked to be left out alone.
    package var isOmittedWhenNull = false
    /// An object of which this is the first member stays without it.
    package var isOmittedAlone = false
    /// Shown only when the request has this value of this filter.
    package var option: (filter: String, value: String)?
    /// The SQL that stands in its place in answers of API versions that have no severity `critical`; nil for the same.
    package var upToHigh: StaticSQL?
    /// The SQL that stands in its place in PDF; nil for the same.
    package var printed: StaticSQL?
    /// The SQL of the address that the cell leads to in formats for people: of a `prose`, where all of it can be read.
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

    /// The same column in JSON and XML alone.
    package var untitled: Column {
        var column = Column(key, "", kind, sql, width: width)
        column.isOmittedWhenNull = isOmittedWhenNull
        column.isOmittedAlone = isOmittedAlone
        column.option = option
        column.upToHigh = upToHigh
        return column
    }

    /// The same column, which says this where an API version has no severity `critical`.
    package func upToHigh(_ sql: StaticSQL) -> Column {
        var column = self
        column.upToHigh = sql
        return column
    }

    /// The same column, with another text in PDF.
    package func printed(_ sql: StaticSQL) -> Column {
        var column = self
        column.printed = sql
        return column
    }

    /// The same column, whose cells lead to an address in formats for people.
    package func leading(to address: StaticSQL) -> Column {
        var column = self
        column.address = address
        return column
    }

    /// Whether the column has one value in all rows of a scope, as the product's name has in a report about one product. The head of the
    /// report has that name already.
    func isConstant(in kind: ScopeKind) -> Bool {
        switch kind {
        case .organization: false
        case .product: sql.description == "s.product_name"
        case .project: sql.description == "s.product_name" || sql.description == "s.project_name"
        }
    }

    /// The address as a column of its own, which no format shows.
    var addressColumn: Column? { address.map { Column("", "", .link, $0, width: 0) } }

    /// The characters of a `prose` that are read for people: more than a cell shows.
    static let proseRead: (number: Int, sql: StaticSQL) = (1200, "1200")

    /// The value's SQL for an API version and a format.
    func sql(in version: APIVersion, as format: Format) -> StaticSQL {
        let plain = version.knowsCritical ? sql : upToHigh ?? sql
        let shown = format == .pdf ? printed ?? plain : plain
        // Rows for people are sorted: a description of which a cell shows the beginning is not carried as a whole.
        return kind == .prose && format.isForPeople ? "substr(\(shown), 1, \(Self.proseRead.sql))" : shown
    }

    /// The same column, left out of JSON and XML when it is null.
    package var omittedWhenNull: Column {
        var column = self
        column.isOmittedWhenNull = true
        return column
    }

    /// The same column, left out of JSON and XML when it is null, while its object stays, be it empty.
    package var omittedAlone: Column {
        var column = omittedWhenNull
        column.isOmittedAlone = true
        return column
    }
}

/// Objects around the rows of a table in JSON and XML: each has some columns, then the array of the next level, or of the
/// rows. Flat formats show the columns in front of the others.
package struct Level: Sendable {
    /// The JSON key and XML element of the array, and the element of an object.
    package let key: String
    package let item: String
    /// How many of the order's integers, from the first on, distinguish one object from the next.
    package let order: Int
    /// Texts and integers.
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
    /// The JSON key of the array (in a list a path, as a column's key), the XML element of a row, the name of the sheet.
    package let key: String
    package let item: String
    package let title: String
    /// The text after FROM, with a WHERE that is never empty; joins `scope s`.
    package let from: StaticSQL
    /// A further condition, for tables that share `from`.
    package let condition: StaticSQL?
    /// Integers, unique together and not null, which order the rows; an index has to serve the order. In a list they
    /// begin with the order of the table above.
    package let order: [StaticSQL]
    package let columns: [Column]
    /// Tables whose rows repeat under a row of this one.
    package var lists: [Table] = []
    /// Tables with the same columns that replace this one for certain values of a filter.
    package var replacements: [Replacement] = []
    /// In a list: the first column holds several values, one a line; each makes a row with the other columns. Null makes one row.
    package var splitsLines = false
    /// The headings under which rows are grouped, the outermost first.
    package var levels: [Level] = []
    /// The headings of the columns that a PDF shows, in their order; nil for all. A page is narrower than a sheet.
    package var printed: [String]?
    /// The order of rows in formats for people; nil for the order of the table. Only for tables that show no list in these formats.
    package var urgency: Urgency?
    /// Cheap SQL that gives the number of rows that no filter narrows, from `scope s`; nil to count them.
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

/// A table that answers for another one when `filter` has `value`.
package struct Replacement: Sendable {
    package let filter: String
    package let value: String
    package let table: Table
}

/// A key of the request's `filter` that a report understands.
package struct Filter: Sendable {
    package enum Kind: Sendable {
        /// A boolean: `true`, `"true"`, `"True"`. Without a default, both values narrow the rows.
        case flag(default: Bool?)
        /// One of some words, in any case.
        case choice([String])
        /// Any of some words, as a list or as one text with commas.
        case list([String])
        /// `yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss`, UTC; a date is when the day begins.
        case time
        /// The same as the end of a span: the day, or the second, belongs to it.
        case endTime
        /// A whole number in a range.
        case integer(ClosedRange<Int64>)
        /// A number from 0 to 1.
        case share
        /// Any text.
        case text
        /// Any of some texts, as a list; a text with commas is one.
        case texts
        /// The same for names without commas: one text with commas is several.
        case names
    }

    package let key: String
    package let kind: Kind
    package let meaning: String
    /// The condition on the rows for a value, or nil when the value asks for none. Values are checked by then; times are
    /// milliseconds as text.
    package let condition: @Sendable ([String]) -> SQL?
    /// The kind of thing that the values name; nil if they are not names.
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

    /// A boolean that narrows the rows when it is not its default.
    package static func flag(_ key: String, default value: Bool, _ meaning: String, otherwise condition: StaticSQL)
        -> Filter
    {
        let narrowed = SQL(condition)
        return Filter(key, .flag(default: value), meaning) { $0 == [value ? "true" : "false"] ? nil : narrowed }
    }
}

/// A report that can be asked for.
package struct Report: Sendable {
    /// The kinds of scope in which a report is offered, and its name in each.
    package struct Name: Sendable {
        package let types: [ScopeKind: String]
        /// The word for file names and titles: `Inventory`.
        package let word: String
        /// Mend's names of the requests that answer with the bare file at once (mend-api.md §3.8), where it has them. They may
        /// differ from the names of the types.
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

        /// The same name in some scopes.
        package static func plain(_ name: String, in scopes: ScopeKind...) -> Name {
            Name(
                types: Dictionary(uniqueKeysWithValues: scopes.map { ($0, name) }),
                word: name.hasSuffix("Report") ? String(name.dropLast(6)) : name)
        }

        /// `Org`, `Product` and `Project` in front of a common name.
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
    /// Whether it compares two products or projects: the request then names the other side (`comparisonAliases`).
    package var isComparison = false
    /// Whether it shows vulnerable libraries, so that its readers have to know the basis of the verdict.
    package var isVerdict = false
    /// Remarks about its rows, for formats for people; may be empty.
    package var remark = ""
    /// Whether it shows rows of the whole organization in the scope of a product or project, too.
    package var showsOrganization = false
    /// Whether it is about the use of the server. Such a report is for administrators of the organization only and is never
    /// shared, because its content changes while the scope does not.
    package var isTrail = false
    /// Members that stand in front of the tables of JSON, and in XML in front of the first: key and text.
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
