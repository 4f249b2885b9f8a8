import Bytes

// DESIGN. THIRD-PARTY-NOTICES: the text file to ship with a program. Entries have the form that readers of Mend's text expect
// (ws-sbom-generator): `N. Library:NAME Product:…`, `License Text:`, a line of ten equal signs, `COPYRIGHTS`; `NOTICES` behind
// all of them.

/// An attribution as plain text, to ship beside a program.
struct AttributionText: AttributionWriter, ~Copyable {
    private static let rule = String(repeating: "=", count: 72) + "\n"
    /// Ends the texts of an entry.
    private static let endOfTexts = "==========\n"
    private let head: AttributionHead
    private var settings: AttributionSettings { head.settings }
    private var out: ByteSink
    private var count = 0

    var gathersNotices: Bool { true }

    init(_ head: AttributionHead, _ sink: consuming ByteSink) {
        self.head = head
        out = sink
    }

    /// Texts of others keep their line ends and tabs; all other control characters are removed.
    private mutating func write(_ text: String, indent: String = "") {
        // Nearly all licence texts are ASCII; ASCII lines are copied unchanged.
        if text.utf8.allSatisfy({ 32...126 ~= $0 || $0 == 10 || $0 == 9 }) {
            for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
                if !line.isEmpty { out.append(raw: indent + String(Substring(line))) }
                out.append("\n")
            }
            return
        }
        for line in Deception.readable(text).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let clean = String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 32 || $0 == "\t" }))
            out.append(raw: clean.isEmpty ? "\n" : "\(indent)\(clean)\n")
        }
    }

    private mutating func heading(_ text: String) {
        out.append(raw: "\n" + Self.rule)
        write(text)
        out.append(raw: Self.rule)
    }

    mutating func begin(hasMissingTexts: Bool, hasTexts: Bool) throws {
        write("THIRD-PARTY NOTICES")
        out.append("\n")
        write(settings.title)
        for (kind, name) in head.names { write("\(kind): \(name)") }
        write("Data of \(head.date)")
        for restriction in head.restrictions { write("Only components with \(restriction)") }
        if !settings.header.isEmpty {
            out.append("\n")
            write(settings.header)
        }
        out.append("\n")
        write("Contents:")
        var titles: [String] = []
        if settings.shows("SUMMARY") { titles.append("Components by license") }
        if settings.showsDetail { titles.append("Components") }
        if settings.showsDetail, settings.shows("NOTICES") { titles.append("NOTICES") }
        titles += settings.lists.map(\.title)
        if settings.shows("LICENSES") {
            if hasMissingTexts { titles.append("Text not known") }
            if settings.hasAppendix, hasTexts { titles.append("Texts of the licenses") }
        }
        for title in titles { write(title, indent: "  ") }
    }

    mutating func beginSummary() throws { heading("Components by license") }

    mutating func group(_ licenses: String) throws {
        out.append("\n")
        write(licenses)
    }

    mutating func summary(_ library: AttributedLibrary) throws {
        var line = settings.label(library)
        if let name = settings.attribute, let value = library.attribute { line += " [\(name): \(value)]" }
        write(line, indent: "  ")
        try out.drain()
    }

    mutating func endSummary() throws {}
    mutating func beginDetail() throws { heading("Components") }

    mutating func beginSection(_ name: String) throws {
        guard !settings.byComponent else { return }
        out.append("\n")
        write("Project: \(name)")
    }

    mutating func detail(_ library: AttributedLibrary, number: Int) throws {
        out.append("\n")
        write("\(number). Library:\(settings.label(library)) Product:\(library.product)")
        if settings.shows("PRIMARY_ATTRIBUTES") {
            if !library.homepage.isEmpty { write("Home page: \(library.homepage)") }
            if !library.author.isEmpty { write("Author: \(library.author)") }
        }
        if settings.shows("LICENSES") { licenses(of: library) }
        if settings.shows("COPYRIGHTS") {
            write("COPYRIGHTS")
            if library.copyrights.isEmpty { write("[No copyright is known.]") }
            for (source, lines) in library.copyrightsBySource {
                for line in lines { write(line) }
                write("[source: \(source)]", indent: "    ")
            }
        }
        try out.drain()
    }

    private mutating func licenses(of library: AttributedLibrary) {
        for license in library.licenses {
            let numbers = license.numbers.map(String.init).joined(separator: ", ")
            write("License: \(license.label)" + (numbers.isEmpty ? "" : ", text \(numbers)"))
        }
        if let expression = settings.expression(library) { write("SPDX expression: \(expression)") }
        write("License Text:")
        if library.licenses.isEmpty { write("[No license is known.]") }
        for license in library.licenses {
            let gap = settings.gap(of: license)
            if library.licenses.count > 1, !license.text.isEmpty || gap != nil { write("--- \(license.label) ---") }
            if !license.text.isEmpty { write(license.text) }
            if let gap { write("[\(gap)]") }
        }
        out.append(raw: Self.endOfTexts)
    }

    mutating func endSection() throws {}
    mutating func endDetail() throws {}

    mutating func beginNotices() throws {
        heading("NOTICES")
        count = 0
    }

    mutating func notice(_ library: AttributedLibrary, number: Int) throws {
        count += 1
        out.append("\n")
        write("\(settings.label(library)), entry \(number)")
        if !library.noticeReference.isEmpty { write("[source: \(library.noticeReference)]") }
        write(library.notice, indent: "    ")
        try out.drain()
    }

    mutating func endNotices() throws { if count == 0 { write("None.") } }

    mutating func beginList(_ list: AttributionList) throws {
        heading(list.title)
        write(list.explanation)
        out.append("\n")
        count = 0
    }

    mutating func item(_ library: AttributedLibrary, of list: AttributionList, decided author: String) throws {
        count += 1
        let name = settings.label(library)
        switch list {
        case .noLicense, .noCopyright: write(name, indent: "  ")
        case .choices:
            write("\(name): \(library.offer ?? "") -> \(library.licenseLine)", indent: "  ")
            write("[\(author)]", indent: "    ")
        case .sources:
            let licenses = library.licenses.filter(\.isCopyleft).map(\.label).joined(separator: ", ")
            write("\(name) (\(licenses))", indent: "  ")
            let place = library.downloadLocation
            write(place.isEmpty ? "[No download location is known.]" : place, indent: "    ")
        }
        try out.drain()
    }

    mutating func endList() throws { if count == 0 { write("None.", indent: "  ") } }

    mutating func missing(_ licenses: [(label: String, url: String)]) throws {
        guard !licenses.isEmpty else { return }
        heading("Text not known")
        write(AttributionSettings.missingExplanation)
        out.append("\n")
        for (name, url) in licenses { write(url.isEmpty ? name : "\(name): \(url)", indent: "  ") }
    }

    mutating func beginAppendix() throws { heading("Texts of the licenses") }

    mutating func appendix(number: Int, _ labels: [String], _ text: String) throws {
        out.append("\n")
        write("Text \(number): \(labels.joined(separator: ", "))")
        out.append("\n")
        write(text, indent: "    ")
        try out.drain()
    }

    mutating func endAppendix() throws {}

    mutating func end() throws {
        if !settings.footer.isEmpty {
            out.append("\n")
            write(settings.footer)
        }
        try out.flush()
    }
}
