import Bytes
import Database
import Inventory

// DESIGN. One pass over the libraries for each of summary and detail, in one snapshot. Memory holds what was listed already
// (a number a library, where each is listed once), the names of detail sections, and for the appendix the names of the
// licences, whose texts are read again when it is written.

extension Production {
    /// The one part of an attribution report.
    func attribution(
        _ table: Table, _ facts: ScopeFacts, on connection: any Connection, into receiver: PartReceiver.Maker
    ) throws -> Produced {
        let settings = AttributionSettings(request.options, scope: facts)
        return try document(facts, word: "Attribution", into: receiver) { destination in
            let sink = ByteSink(to: destination)
            let rows =
                switch request.format {
                case .json: try attribute(AttributionJSON(settings, sink), table, settings, on: connection)
                case .txt: try attribute(AttributionText(settings, sink), table, settings, on: connection)
                case .html: try attribute(AttributionHTML(settings, sink), table, settings, on: connection)
                case .xml, .csv, .xlsx, .pdf, .tv, .yaml:
                    throw ReportError.formatNotOffered(
                        request.format.rawValue, by: request.type, offered: report.formats)
                }
            return (rows, [])
        }
    }

    private func attribute(
        _ writer: consuming some AttributionWriter & ~Copyable, _ table: Table, _ settings: AttributionSettings,
        on connection: any Connection
    ) throws -> Int {
        var writer = writer
        var rows = 0
        try writer.begin()
        if settings.shows("SUMMARY") {
            try writer.beginSummary()
            var seen: Set<Int64> = []
            try eachLibrary(table, settings, on: connection) { library in
                guard seen.insert(library.key).inserted else { return }
                try writer.summary(library)
                try step(&rows)
            }
            try writer.endSummary()
        }
        var missing: [String: String] = [:]
        var texts: Set<AttributedLibrary.License.Source> = []
        if settings.showsDetail {
            try writer.beginDetail()
            var seen: Set<Int64> = []
            var names: Set<String> = []
            var section: String?
            try eachLibrary(table, settings, on: connection) { library in
                if settings.byComponent, !seen.insert(library.key).inserted { return }
                for license in library.licenses {
                    if license.lacksText { missing[license.label] = license.url }
                    if settings.hasAppendix, !license.text.isEmpty { texts.insert(license.source) }
                }
                var wanted = settings.byComponent ? settings.label(library) : library.project
                // Two components of one name are two sections.
                if settings.byComponent, !names.insert(wanted).inserted { wanted += " (\(library.key))" }
                if section != wanted {
                    if section != nil { try writer.endSection() }
                    try writer.beginSection(wanted)
                    section = wanted
                }
                try writer.detail(library)
                try step(&rows)
            }
            if section != nil { try writer.endSection() }
            try writer.endDetail()
        }
        if settings.hasAppendix, settings.shows("LICENSES") {
            try writer.beginAppendix()
            let sources = texts.sorted { $0.order.utf8.lexicographicallyPrecedes($1.order.utf8) }
            for (number, source) in sources.enumerated() {
                try writer.appendix(
                    number: number + 1, source.label,
                    try source.text(organization: request.scope.organization, on: connection))
            }
            try writer.endAppendix()
        }
        try writer.end(
            missing: missing.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0, $1) })
        return rows
    }

    private func eachLibrary(
        _ table: Table, _ settings: AttributionSettings, on connection: any Connection,
        _ body: (AttributedLibrary) throws -> Void
    ) throws {
        let query = TableQuery(table, request: request, filters: [])
        var merged = try MergedRows(query, scope: request.scope, on: connection)
        var batch = RowBuffer(capacity: 1 << 16)
        var hasMore = true
        while hasMore {
            batch.removeAll()
            hasMore = try merged.fill(&batch, bytes: 1 << 16)
            for row in 0..<batch.rowCount {
                let start = batch.start(of: row)
                try body(AttributedLibrary(batch, at: start, order: table.order.count, attribute: settings.attribute))
            }
        }
    }
}

/// A library as an attribution shows it.
struct AttributedLibrary {
    struct License {
        /// Where the text is kept, and what it is called.
        struct Source: Hashable {
            let label: String
            /// Identifiers of the SPDX list.
            let base: String
            let exception: String
            /// Of a text that documents bring; empty where it is that of the list.
            let digest: String

            var order: String { "\(label)\0\(digest)" }

            func text(organization: Int64, on connection: any Connection) throws -> String {
                if !digest.isEmpty {
                    return try LicenseTexts.own(digest, organization: organization, on: connection)
                }
                return License.text(
                    base: try LicenseTexts.listed(base, on: connection),
                    exception: try LicenseTexts.listed(exception, on: connection))
            }
        }

        let name: String
        /// The identifier of the SPDX list, with an exception; empty where the list has no such licence.
        let spdx: String
        let url: String
        let text: String
        /// Whether no text is known, or only a part of it.
        let lacksText: Bool
        let source: Source

        var label: String { source.label }

        init(_ rows: borrowing RowBuffer, at cell: Int) {
            name = rows.string(cell)
            spdx = rows.string(cell + 1)
            url = rows.string(cell + 2)
            let (base, exception) = (rows.string(cell + 3), rows.string(cell + 4))
            let own = rows.string(cell + 6)
            source = Source(
                label: spdx.isEmpty || spdx == name ? name : "\(name) (\(spdx))", base: base, exception: exception,
                digest: own.isEmpty ? "" : rows.string(cell + 5))
            let texts = (base: rows.string(cell + 7), exception: rows.string(cell + 8))
            text = own.isEmpty ? Self.text(base: texts.base, exception: texts.exception) : own
            lacksText = own.isEmpty && (texts.base.isEmpty || spdx.contains(" WITH ") && texts.exception.isEmpty)
        }

        /// The text of a licence, then that of its exception.
        private static func text(base: String, exception: String) -> String {
            let base = LicenseTemplate.withoutNotices(base)
            return exception.isEmpty ? base : base.isEmpty ? exception : "\(base)\n\n\(exception)"
        }
    }

    let project: String
    let filename: String
    let name: String
    let version: String
    let copyrights: [String]
    let homepage: String
    let notice: String
    let key: Int64
    let author: String
    /// The expression in effect, with the choices that it offers; empty where no licence is known.
    let expression: String
    /// The licences that bind.
    let licenses: [License]
    /// The value of the wanted custom attribute.
    let attribute: String?

    init(_ rows: borrowing RowBuffer, at start: Int, order: Int, attribute wanted: String?) {
        let first = start + order
        project = rows.string(first)
        filename = rows.string(first + 1)
        name = rows.string(first + 2)
        version = rows.string(first + 3)
        copyrights = rows.string(first + 4).split(whereSeparator: \.isNewline).map(String.init)
        homepage = rows.string(first + 5)
        notice = rows.string(first + 6)
        key = rows.integer(first + 7)
        author = rows.string(first + 8)
        expression = rows.string(first + 9)
        var found: [License] = []
        let licenses = rows.list(first + 10)
        for index in 0..<licenses.count { found.append(License(rows, at: licenses.first + 9 * index)) }
        self.licenses = found
        var value: String?
        let attributes = rows.list(first + 11)
        for index in 0..<attributes.count where rows.string(attributes.first + 2 * index) == wanted {
            value = rows.string(attributes.first + 2 * index + 1)
        }
        attribute = value
    }
}

/// What a request asks of an attribution.
struct AttributionSettings {
    let title: String
    let header: String
    let footer: String
    /// The name of a custom attribute.
    let attribute: String?
    let byComponent: Bool
    let hasAppendix: Bool
    /// Whether a missing text is mentioned where it would stand.
    let namesMissing: Bool
    let includesVersions: Bool
    private let sections: Set<String>

    init(_ options: [String: [String]], scope: ScopeFacts) {
        func one(_ key: String) -> String? { options[key]?.first }
        title = one("reporttitle") ?? "Attribution report for \(scope.name)"
        header = one("reportheader") ?? ""
        footer = one("reportfooter") ?? ""
        attribute = one("customattribute")
        byComponent = one("reportingaggregationmode") == "by_component"
        hasAppendix = one("licensereferencetextplacement") == "appendix_section"
        namesMissing = one("missinglicensedisplayoption") == "generic_license"
        includesVersions = one("includeversions") != "false"
        sections = Set(
            options["reportingscope"] ?? ["summary", "licenses", "copyrights", "notices", "primary_attributes"])
    }

    func shows(_ section: String) -> Bool { sections.contains(section.lowercased()) }

    var showsDetail: Bool {
        ["LICENSES", "COPYRIGHTS", "NOTICES", "PRIMARY_ATTRIBUTES"].contains { shows($0) }
    }

    /// What a library is called: its file's name has the version in it.
    func label(_ library: AttributedLibrary) -> String {
        if includesVersions { return library.filename }
        return library.name.isEmpty ? library.filename : library.name
    }

    /// The expression of a library where it says more than the licences that bind: that they are several, or that there was a choice.
    func expression(_ library: AttributedLibrary) -> String? {
        library.expression.contains(" AND ") || library.expression.contains(" OR ") ? library.expression : nil
    }

    /// What stands for the licences of a library in one line.
    func licenses(_ library: AttributedLibrary) -> String {
        library.licenses.isEmpty ? "no known license" : library.licenses.map(\.label).joined(separator: ", ")
    }

    /// The text that stands for a licence beside a library.
    func text(of license: AttributedLibrary.License) -> String {
        if !license.text.isEmpty { return hasAppendix ? "" : license.text }
        guard namesMissing else { return "" }
        return "The text of \(license.label) is not known here." + (license.url.isEmpty ? "" : " See \(license.url)")
    }
}

/// A syntax of attributions. Calls come in the order of the document.
protocol AttributionWriter: ~Copyable {
    mutating func begin() throws
    mutating func beginSummary() throws
    mutating func summary(_ library: AttributedLibrary) throws
    mutating func endSummary() throws
    mutating func beginDetail() throws
    mutating func beginSection(_ name: String) throws
    mutating func detail(_ library: AttributedLibrary) throws
    mutating func endSection() throws
    mutating func endDetail() throws
    mutating func beginAppendix() throws
    mutating func appendix(number: Int, _ name: String, _ text: String) throws
    mutating func endAppendix() throws
    /// - Parameter missing: licences without a text, and where they may be read.
    mutating func end(missing: [(name: String, url: String)]) throws
}
