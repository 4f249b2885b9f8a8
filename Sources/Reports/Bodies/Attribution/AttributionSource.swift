import BOM
import Bytes
import Database
import Inventory

// DESIGN. People search by name, so libraries are sorted by name, for which there is no index. The database sorts positions
// (project and position, three numbers for each library) on its disk. The facts to show are read for a few hundred positions at
// a time. Memory holds these facts, the licence texts that were read last (up to `textLimit`), the names of the documents, and
// the facts about each text. If each library is listed once, it also holds a number for each listed library.

/// The source of an attribution, within one snapshot.
final class AttributionSource {
    /// The order of the libraries, and the condition on them.
    enum Order {
        /// The libraries under one licence together.
        case byLicense
        /// The libraries of one project together, or all libraries, by name.
        case byName
    }

    private let scope: Scope
    private let settings: AttributionSettings
    /// Conditions on `scope s` and `library l`, each preceded by AND.
    private let conditions: SQL
    private let connection: any Connection
    /// Texts that were read, by their keys.
    private var kept: [AttributedLibrary.TextKey: String] = [:]
    private var keptBytes = 0
    /// Findings about texts: whether a document's text equals the list's, the text's own copyright lines, and the holders that
    /// templates of the list name.
    private var isKnownListed: [AttributedLibrary.TextKey: Bool] = [:]
    private var knownStatements: [AttributedLibrary.TextKey: [String]] = [:]
    private var knownHolders: [String: [String]] = [:]
    /// The names of documents, by their scans.
    private var documents: [Int64: Document] = [:]
    /// The texts of the appendix.
    let texts: AttributionTexts
    let choices: AttributionChoices

    private static let textLimit = 8 << 20
    private static let batch = 256

    private struct Document {
        let name: String
        /// Whether the scan comes from the packages of a Debian machine, whose copyright files name the holders of the
        /// copyright.
        let isMachine: Bool
    }

    private struct Place {
        let project: Int64
        let position: Int64
    }

    /// - Parameter narrowing: conditions on `scope s` and `library l`; libraries have to meet all of them.
    init(
        _ scope: Scope, _ settings: AttributionSettings, narrowedBy narrowing: [SQL], on connection: any Connection
    ) throws {
        self.scope = scope
        self.settings = settings
        self.connection = connection
        var conditions: SQL = ""
        for condition in narrowing { conditions.append(" AND \(condition)") }
        self.conditions = conditions
        texts = try AttributionTexts(scope, conditions, on: connection)
        choices = try AttributionChoices(scope.organization, on: connection)
    }

    // MARK: Texts

    /// The text under a key; empty where no text is known.
    func text(_ key: AttributedLibrary.TextKey) throws -> String {
        if let text = kept[key] { return text }
        let text =
            switch key {
            case .listed(let id): try LicenseTexts.listed(id, on: connection)
            case .own(let digest): try LicenseTexts.own(digest, organization: scope.organization, on: connection)
            }
        if keptBytes + text.utf8.count > Self.textLimit {
            kept.removeAll()
            keptBytes = 0
        }
        kept[key] = text
        keptBytes += text.utf8.count
        return text
    }

    /// Whether the text equals the list's text, so that its notices do not belong to users of the licence.
    private func isListed(_ key: AttributedLibrary.TextKey, base: String) throws -> Bool {
        guard case .own = key else { return true }
        guard !base.isEmpty else { return false }
        if let known = isKnownListed[key] { return known }
        let isSame = try Self.words(text(key)) == Self.words(text(.listed(base)))
        isKnownListed[key] = isSame
        return isSame
    }

    /// The holders that the template of a listed licence names.
    private func holders(of base: String) throws -> [String] {
        if let known = knownHolders[base] { return known }
        let found = LicenseTemplate.holders(try text(.listed(base)))
        knownHolders[base] = found
        return found
    }

    /// The copyright lines in a text of a document.
    private func statements(in key: AttributedLibrary.TextKey) throws -> [String] {
        if let known = knownStatements[key] { return known }
        let found = LicenseTemplate.statements(in: try text(key))
        knownStatements[key] = found
        return found
    }

    private static func words(_ text: String) -> [Substring] { text.split(whereSeparator: \.isWhitespace) }

    /// A text with these lines in place of its template's notices.
    func text(_ key: AttributedLibrary.TextKey, base: String, with lines: [String]) throws -> String {
        LicenseTemplate.filled(try text(key), with: lines, isListed: try isListed(key, base: base))
    }

    // MARK: Libraries

    /// Calls `body` with each library of the scope or of a list, in order. A library that stands under no project comes
    /// once.
    ///
    /// - Parameter withTexts: whether the texts beside libraries are needed.
    func each(
        _ order: Order, of list: AttributionList? = nil, once: Bool, withTexts: Bool = false,
        _ body: (AttributedLibrary) throws -> Void
    ) throws {
        var seen: Set<Int64> = []
        var places: [Place] = []
        func flush() throws {
            for library in try libraries(places, withTexts: withTexts) {
                if let list, !list.holds(library) { continue }
                if once, !seen.insert(library.key).inserted { continue }
                try body(library)
            }
            places.removeAll(keepingCapacity: true)
        }
        try connection.each(query(order, list)) { row in
            places.append(Place(project: row.integer(0), position: row.integer(1)))
            if places.count == Self.batch { try flush() }
        }
        try flush()
    }

    /// The places of libraries in order.
    private func query(_ order: Order, _ list: AttributionList?) -> SQL {
        let names: SQL = "lower(l.filename), l.filename, s.project, o.position"
        let sorted: SQL =
            switch order {
            case .byLicense:
                "CASE WHEN l.licenses = '' THEN 1 ELSE 0 END, lower(l.licenses), l.license_expression, \(names)"
            case .byName:
                settings.byComponent || list != nil ? names : "lower(s.project_name), s.project, \(names)"
            }
        let condition: SQL = list?.condition ?? "1 = 1"
        return scope.clause + """
            SELECT s.project, o.position FROM scope s JOIN occurrence o ON o.scan = s.scan
            JOIN library l ON l.id = o.library WHERE s.scan > 0 AND \(condition)\(conditions) ORDER BY \(sorted)
            """
    }

    private func libraries(_ places: [Place], withTexts: Bool) throws -> [AttributedLibrary] {
        guard !places.isEmpty else { return [] }
        let queries = AttributionQueries(scope, places: places.map { ($0.project, $0.position) })
        var found: [(library: AttributedLibrary, origin: AttributionQueries.Origin)] = []
        var indices: [Int64: Int] = [:]
        try connection.each(queries.libraries) { row in
            indices[row.integer(0)] = found.count
            var library = AttributedLibrary(row, at: 1)
            library.decision = AttributedDecision(row, at: 18)
            found.append((library, AttributionQueries.Origin(row)))
        }
        try connection.each(queries.licenses) { row in
            guard let index = indices[row.integer(0)] else { return }
            found[index].library.licenses.append(AttributedLibrary.License(row, at: 1))
        }
        if let name = settings.attribute {
            try connection.each(queries.attributes(named: name)) { row in
                guard let index = indices[row.integer(0)] else { return }
                found[index].library.attribute = row.string(1)
            }
        }
        return try found.map { it in
            var library = it.library
            library.copyrights = try copyrights(of: library, it.origin)
            for index in library.licenses.indices {
                library.licenses[index].lacksText = texts.lacksText(library.licenses[index])
                guard withTexts else { continue }
                if settings.hasAppendix {
                    library.licenses[index].numbers = texts.numbers(of: library.licenses[index])
                } else {
                    library.licenses[index].text = try text(of: library.licenses[index], in: library)
                }
            }
            return library
        }
    }

    /// The text of a licence and the text of its exception, with the copyright lines of the library.
    private func text(of license: AttributedLibrary.License, in library: AttributedLibrary) throws -> String {
        let lines =
            library.copyrights.isEmpty
            ? ["[The holder of the copyright is not known.]"] : library.copyrights.map(\.text)
        var parts: [String] = []
        for (index, key) in license.keys.enumerated() {
            // The notice for both stands in the text of the licence.
            let part = index == 0 ? try text(key, base: license.base, with: lines) : try text(key)
            if !part.isEmpty { parts.append(part) }
        }
        return parts.joined(separator: "\n\n")
    }

    // MARK: Copyright

    /// The holders of a library's copyright: those that its document, its notice and the document's licence texts name.
    /// Notices that nobody filled in, and notices of a template's author, name no holder.
    private func copyrights(
        of library: AttributedLibrary, _ origin: AttributionQueries.Origin
    ) throws -> [AttributedLibrary.CopyrightLine] {
        var templates: Set<String> = []
        for license in library.licenses where !license.base.isEmpty {
            templates.formUnion(try holders(of: license.base))
        }
        var found: [AttributedLibrary.CopyrightLine] = []
        var known: Set<String> = []
        func add(_ line: Substring, _ source: String) {
            let line = line.trimmingBlanks()
            guard !line.isEmpty, !templates.contains(line), !LicenseTemplate.isOpenNotice(line) else { return }
            if known.insert(line).inserted { found.append(.init(text: line, source: source)) }
        }
        if !origin.copyright.isEmpty {
            let source = try self.source(of: library, origin)
            for line in origin.copyright.split(whereSeparator: \.isNewline) { add(line, source) }
        }
        for line in library.notice.split(whereSeparator: \.isNewline) where LicenseTemplate.isNotice(line) {
            add(line, library.noticeReference.isEmpty ? "notice" : "notice, \(library.noticeReference)")
        }
        for license in library.licenses {
            guard case .own? = license.keys.first, let key = license.keys.first else { continue }
            for line in try statements(in: key) {
                add(line[...], "text of \(license.label) in \(try document(origin.scan).name)")
            }
        }
        return found
    }

    /// The name of the document that the copyright comes from.
    private func source(of library: AttributedLibrary, _ origin: AttributionQueries.Origin) throws -> String {
        let document = try self.document(origin.scan)
        return document.isMachine && origin.isDebian ? "/usr/share/doc/\(library.name)/copyright" : document.name
    }

    private func document(_ scan: Int64) throws -> Document {
        if let known = documents[scan] { return known }
        let text = try connection.first("SELECT document FROM scan WHERE id = \(scan)") { $0.string(0) } ?? ""
        var made = Document(name: "the project's document", isMachine: false)
        if !text.isEmpty {
            let said = try DocumentFacts.decode(text).document
            let words = [said.standard.rawValue, said.version, said.name].filter { !$0.isEmpty }
            made = Document(name: words.joined(separator: " "), isMachine: said.tools == ["waybill"])
        }
        documents[scan] = made
        return made
    }
}
