import Bytes
import Database

// DESIGN. One pass over the libraries for each of summary and detail, in one snapshot. Memory holds what was listed already
// (a number a library, where each is listed once), the names of detail sections, and for the appendix the licences' texts.

extension Production {
    /// The one part of an attribution report, and the ZIP around it.
    func attribution(
        _ table: Table, _ facts: ScopeFacts, on connection: any Connection,
        to destination: @escaping ByteSink.SharedDestination
    ) throws -> Produced {
        let zip = ZIPWriter(
            time: facts.updated, level: .quick, isLarge: true, to: { bytes throws(SinkError) in try destination(bytes) }
        )
        let entry = try zip.begin(partName(facts, word: "Attribution", part: nil))
        let settings = AttributionSettings(request.options, scope: facts)
        let rows: Int
        switch request.format {
        case .json:
            rows = try attribute(AttributionJSON(settings, ByteSink(to: entry)), table, settings, on: connection)
        case .txt: rows = try attribute(AttributionText(settings, ByteSink(to: entry)), table, settings, on: connection)
        default: rows = try attribute(AttributionHTML(settings, ByteSink(to: entry)), table, settings, on: connection)
        }
        try zip.end()
        try zip.finish()
        return Produced(
            scope: facts, fileName: stem(facts, word: "Attribution") + ".zip", parts: 1, rows: rows, notes: [])
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
        var texts: [String: String] = [:]
        if settings.showsDetail {
            try writer.beginDetail()
            var seen: Set<Int64> = []
            var names: Set<String> = []
            var section: String?
            try eachLibrary(table, settings, on: connection) { library in
                if settings.byComponent, !seen.insert(library.key).inserted { return }
                for license in library.licenses {
                    if license.text.isEmpty {
                        missing[license.name] = license.url
                    } else if settings.hasAppendix {
                        texts[license.name] = license.text
                    }
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
            try writer.appendix(texts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0, $1) })
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

/// A library as an attribution tells it.
struct AttributedLibrary {
    struct License {
        let name: String
        let text: String
        let url: String
    }

    let project: String
    let filename: String
    let name: String
    let version: String
    let copyrights: [String]
    let homepage: String
    let notice: String
    let key: Int64
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
        var found: [License] = []
        let licenses = rows.list(first + 8)
        for index in 0..<licenses.count {
            let cell = licenses.first + 3 * index
            found.append(
                License(name: rows.string(cell), text: rows.string(cell + 1), url: rows.string(cell + 2)))
        }
        self.licenses = found
        var value: String?
        let attributes = rows.list(first + 9)
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
    /// Whether a missing text is told where it would stand.
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

    /// The text that stands for a licence beside a library.
    func text(of license: AttributedLibrary.License) -> String {
        if !license.text.isEmpty { return hasAppendix ? "" : license.text }
        guard namesMissing else { return "" }
        return "The text of \(license.name) is not known here." + (license.url.isEmpty ? "" : " See \(license.url)")
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
    mutating func appendix(_ texts: [(name: String, text: String)]) throws
    /// - Parameter missing: licences without a text, and where they may be read.
    mutating func end(missing: [(name: String, url: String)]) throws
}
