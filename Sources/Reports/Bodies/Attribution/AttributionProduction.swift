import Bytes
import Database

// DESIGN. An attribution is written from front to back: its subject, libraries by licence (the index), libraries by name, gaps
// to check before shipping, the texts. Each part reads the libraries again in its own order, within one snapshot
// (AttributionSource).

/// The head of an attribution.
struct AttributionHead {
    let settings: AttributionSettings
    /// The subject and its owners, the widest first: organization, product, project.
    let names: [(kind: String, name: String)]
    /// The day of the newest change of the shown data.
    let date: String
    /// The filters that narrow the components. The document shows them, so that readers know that components are
    /// missing.
    let restrictions: [String]
}

extension Production {
    /// The only part of an attribution report.
    func attribution(
        _ facts: ScopeFacts, on connection: any Connection, into receiver: PartReceiver.Maker
    ) throws -> Produced {
        let settings = AttributionSettings(request.options, format: request.format, scope: facts)
        let kinds = ["Organization", "Product", "Project"]
        let narrowing = Filter.ofLibrary.compactMap { filter in
            request.options[filter.key.lowercased()].map { (filter: filter, values: $0) }
        }
        let head = AttributionHead(
            settings: settings, names: zip(kinds, facts.path + [facts.name]).map { (kind: $0, name: $1) },
            date: TimeText.date(facts.updated),
            restrictions: narrowing.map { "\($0.filter.key): \($0.values.joined(separator: ", "))" })
        return try document(facts, word: "Attribution", into: receiver) { destination in
            let source = try AttributionSource(
                request.scope, settings, narrowedBy: narrowing.compactMap { $0.filter.condition($0.values) },
                on: connection)
            let rows =
                switch request.format {
                case .json: try attribute(AttributionJSON(head, ByteSink(to: destination)), source, settings)
                case .txt: try attribute(AttributionText(head, ByteSink(to: destination)), source, settings)
                case .html: try attribute(AttributionHTML(head, ByteSink(to: destination)), source, settings)
                case .pdf:
                    try attribute(
                        AttributionPDF(head, created: TimeText.rfc3339(facts.updated), to: destination), source,
                        settings)
                case .xml, .csv, .ndjson, .xlsx, .tv, .yaml:
                    throw ReportError.formatNotOffered(
                        request.format.rawValue, by: request.type, offered: report.formats)
                }
            return (rows, settings.shows("LICENSES") ? Self.notes(on: source.texts.missing.map(\.label)) : [])
        }
    }

    /// The note about missing texts in the envelope.
    private static func notes(on missing: [String]) -> [String] {
        guard !missing.isEmpty else { return [] }
        let named = missing.prefix(8).joined(separator: ", ")
        let more = missing.count > 8 ? " and \(missing.count - 8) more" : ""
        let texts =
            missing.count == 1 ? "the text of 1 license is" : "the texts of \(missing.count) licenses are"
        return [
            "\(texts) not here (\(named)\(more)): this document is not complete; "
                + "`waybill import licenses` or `waybill update licenses` brings what is missing"
        ]
    }

    private func attribute(
        _ writer: consuming some AttributionWriter & ~Copyable, _ source: AttributionSource,
        _ settings: AttributionSettings
    ) throws -> Int {
        var writer = writer
        var rows = 0
        try writer.begin(hasMissingTexts: !source.texts.missing.isEmpty, hasTexts: !source.texts.entries.isEmpty)
        if settings.shows("SUMMARY") { try summarize(&writer, source, settings, &rows) }
        if settings.showsDetail { try detail(&writer, source, settings, &rows) }
        for list in settings.lists {
            try writer.beginList(list)
            try source.each(.byName, of: list, once: true) { library in
                try writer.item(library, of: list, decided: source.choices.author(of: library))
                try look()
            }
            try writer.endList()
        }
        if settings.shows("LICENSES") { try writer.missing(source.texts.missing) }
        if settings.hasAppendix, settings.shows("LICENSES") {
            try writer.beginAppendix()
            for (index, entry) in source.texts.entries.enumerated() {
                let text = try source.text(
                    entry.key, base: entry.base, with: ["[Copyright: see the entry of each component.]"])
                try writer.appendix(number: index + 1, entry.labels, text)
            }
            try writer.endAppendix()
        }
        try writer.end()
        return rows
    }

    /// Each library once, under its licences.
    private func summarize(
        _ writer: inout some AttributionWriter & ~Copyable, _ source: AttributionSource,
        _ settings: AttributionSettings, _ rows: inout Int
    ) throws {
        try writer.beginSummary()
        var group: String?
        try source.each(.byLicense, once: true) { library in
            let licenses = settings.expression(library) ?? library.licenseLine
            if group != licenses { try writer.group(licenses) }
            group = licenses
            try writer.summary(library)
            // A component is counted where its whole entry is written.
            if settings.showsDetail { try look() } else { try step(&rows) }
        }
        try writer.endSummary()
    }

    /// Writes the whole entry of each library, under its project or once.
    private func detail(
        _ writer: inout some AttributionWriter & ~Copyable, _ source: AttributionSource,
        _ settings: AttributionSettings, _ rows: inout Int
    ) throws {
        try writer.beginDetail()
        var section: String?
        var names: Set<String> = []
        var number = 0
        try source.each(.byName, once: settings.byComponent, withTexts: settings.shows("LICENSES")) { library in
            var wanted = settings.byComponent ? settings.label(library) : library.project
            // Two components with one name get two sections.
            if settings.byComponent, !names.insert(wanted).inserted { wanted += " (\(library.key))" }
            if section != wanted {
                if section != nil { try writer.endSection() }
                try writer.beginSection(wanted)
                section = wanted
            }
            number += 1
            try writer.detail(library, number: number)
            try step(&rows)
        }
        if section != nil { try writer.endSection() }
        try writer.endDetail()
        guard writer.gathersNotices, settings.shows("NOTICES") else { return }
        number = 0
        try writer.beginNotices()
        try source.each(.byName, once: settings.byComponent) { library in
            number += 1
            if !library.notice.isEmpty { try writer.notice(library, number: number) }
            try look()
        }
        try writer.endNotices()
    }

    /// Checks whether the production has to stop.
    private func look() throws(ProductionError) {
        if shouldStop() { throw .stopped }
    }
}

/// A syntax of attributions. Calls come in the order of the document.
protocol AttributionWriter: ~Copyable {
    /// Whether the document lists the notices together, after the libraries.
    var gathersNotices: Bool { get }

    /// - Parameters:
    ///   - hasMissingTexts: whether `missing` will list any text.
    ///   - hasTexts: whether any text is known.
    mutating func begin(hasMissingTexts: Bool, hasTexts: Bool) throws
    mutating func beginSummary() throws
    /// The licences of the libraries in the next calls.
    mutating func group(_ licenses: String) throws
    mutating func summary(_ library: AttributedLibrary) throws
    mutating func endSummary() throws
    mutating func beginDetail() throws
    mutating func beginSection(_ name: String) throws
    /// - Parameter number: counts through all sections, from 1.
    mutating func detail(_ library: AttributedLibrary, number: Int) throws
    mutating func endSection() throws
    mutating func endDetail() throws
    mutating func beginNotices() throws
    mutating func notice(_ library: AttributedLibrary, number: Int) throws
    mutating func endNotices() throws
    mutating func beginList(_ list: AttributionList) throws
    /// - Parameter author: the person or rule behind the decision, for the list of choices; empty for other lists.
    mutating func item(_ library: AttributedLibrary, of list: AttributionList, decided author: String) throws
    mutating func endList() throws
    /// Licences whose text is missing, wholly or in part, with addresses of their texts.
    mutating func missing(_ licenses: [(label: String, url: String)]) throws
    mutating func beginAppendix() throws
    /// - Parameter labels: the licences and exceptions with this text.
    mutating func appendix(number: Int, _ labels: [String], _ text: String) throws
    mutating func endAppendix() throws
    mutating func end() throws
}
