import Bytes

// DESIGN. The pages have the content and the order of the text: contents, components by licence, components, lists to check,
// and each text once. Links lead from the contents to the sections and from a licence to its text. Each component has a number,
// so that a reader of the printed lists can find it. Only the places of sections and texts are kept until the end.

/// An attribution as pages for printing and signing.
struct AttributionPDF: AttributionWriter, ~Copyable {
    /// The colour of texts that stand in for unknown facts. Brackets mark these texts for readers who see no colour.
    private static let gap = PDFColor(red: 0.6, green: 0.05, blue: 0.05)
    private let head: AttributionHead
    private var settings: AttributionSettings { head.settings }
    private var page: DocumentPage
    private var count = 0

    var gathersNotices: Bool { false }

    /// - Parameter created: the time of the newest change of the shown data, RFC 3339.
    init(_ head: AttributionHead, created: String, to destination: @escaping ByteSink.Destination) throws {
        self.head = head
        page = try DocumentPage(
            title: head.settings.title, footer: head.settings.title, created: created, to: destination)
    }

    private mutating func gap(_ text: String, indent: Double = 12) throws {
        try page.text("[\(text)]", indent: indent, color: Self.gap)
    }

    private static func place(ofText number: Int) -> String { "text-\(number)" }

    mutating func begin(hasMissingTexts: Bool, hasTexts: Bool) throws {
        page.canvas.outline(settings.title)
        page.canvas.begin(.heading(1))
        let title = page.canvas.draw(
            settings.title, at: PDFPoint(DocumentPage.margin, page.y),
            .init(size: 20, isBold: true, width: page.width, maximumHeight: 130), color: DocumentPage.ink)
        page.canvas.end()
        page.y += title.height + 8
        for (kind, name) in head.names { try page.text("\(kind): \(name)", size: 10, color: DocumentPage.gray) }
        try page.text("Data of \(head.date)", size: 10, color: DocumentPage.gray)
        for restriction in head.restrictions { try gap("Only components with \(restriction)", indent: 0) }
        if !settings.header.isEmpty {
            page.y += 8
            try page.text(settings.header, size: 9.5)
        }
        try page.section("Contents", keeping: 120)
        for (anchor, title) in settings.contents(hasMissingTexts: hasMissingTexts, hasTexts: hasTexts) {
            try page.entry(title, at: anchor, indent: 12)
        }
    }

    // MARK: Components

    mutating func beginSummary() throws {
        try page.breakPage()
        try page.section("Components by license", place: "summary")
    }

    mutating func group(_ licenses: String) throws {
        try page.endNames()
        try page.subtitle(licenses, keeping: 30)
    }

    mutating func summary(_ library: AttributedLibrary) throws {
        var line = settings.label(library)
        if let name = settings.attribute, let value = library.attribute { line += " [\(name): \(value)]" }
        try page.name(DocumentPage.composed(line))
    }

    mutating func endSummary() throws { try page.endNames() }

    mutating func beginDetail() throws { try page.section("Components", place: "components") }

    mutating func beginSection(_ name: String) throws {
        guard !settings.byComponent else { return }
        // Leaves space after the component before it, and keeps the title on the page of the text after it.
        page.y += 8
        try page.subtitle(DocumentPage.composed("Project: \(name)"), keeping: 70)
    }

    mutating func detail(_ library: AttributedLibrary, number: Int) throws {
        page.canvas.begin(.section)
        try page.subtitle(DocumentPage.composed("\(number). \(settings.label(library))"), keeping: 40)
        if settings.shows("PRIMARY_ATTRIBUTES") {
            if !library.homepage.isEmpty {
                try page.link(
                    Deception.shownAddress(library.homepage), to: .address(library.homepage), size: 8.5, indent: 12)
            }
            if !library.author.isEmpty { try page.text("Author: \(library.author)", indent: 12) }
        }
        if settings.shows("LICENSES") { try licenses(of: library) }
        if settings.shows("COPYRIGHTS") { try copyrights(of: library) }
        if settings.shows("NOTICES"), !library.notice.isEmpty {
            try page.text(
                library.noticeReference.isEmpty ? "Notice:" : "Notice, from \(library.noticeReference):", indent: 12)
            try page.text(library.notice, size: 8, indent: 24)
        }
        page.canvas.end()
    }

    private mutating func licenses(of library: AttributedLibrary) throws {
        if library.licenses.isEmpty { try gap("No license is known.") }
        if let expression = settings.expression(library) {
            try page.text("SPDX expression: \(expression)", indent: 12)
        }
        for license in library.licenses {
            if let first = license.numbers.first {
                try page.link(
                    "License: \(license.label), text \(first)", to: .place(Self.place(ofText: first)), size: 8.5,
                    indent: 12)
                for number in license.numbers.dropFirst() {
                    try page.link(
                        "with text \(number)", to: .place(Self.place(ofText: number)), size: 8.5, indent: 24)
                }
            } else {
                try page.text("License: \(license.label)", indent: 12)
            }
            if !license.text.isEmpty { try page.text(license.text, size: 8, indent: 24) }
            if let words = settings.gap(of: license) { try gap(words, indent: 24) }
        }
    }

    private mutating func copyrights(of library: AttributedLibrary) throws {
        guard !library.copyrights.isEmpty else { return try gap("No copyright is known.") }
        for (source, lines) in library.copyrightsBySource {
            for line in lines { try page.text(line, indent: 12) }
            try page.text("source: \(source)", size: 7.5, indent: 24, color: DocumentPage.gray)
        }
    }

    mutating func endSection() throws {}
    mutating func endDetail() throws {}
    mutating func beginNotices() throws {}
    mutating func notice(_ library: AttributedLibrary, number: Int) throws {}
    mutating func endNotices() throws {}

    // MARK: Lists and texts

    mutating func beginList(_ list: AttributionList) throws {
        try page.section(list.title, keeping: 60, place: list.anchor)
        try page.paragraph(list.explanation, color: DocumentPage.gray)
        count = 0
    }

    mutating func item(_ library: AttributedLibrary, of list: AttributionList, decided author: String) throws {
        count += 1
        let name = settings.label(library)
        switch list {
        case .noLicense, .noCopyright: try page.name(DocumentPage.composed(name))
        case .choices:
            try page.text(
                DocumentPage.composed("\(name): \(library.offer ?? "") → \(library.licenseLine)"), indent: 12)
            try page.text(author, size: 7.5, indent: 24, color: DocumentPage.gray)
        case .sources:
            let licenses = library.licenses.filter(\.isCopyleft).map(\.label).joined(separator: ", ")
            try page.text(DocumentPage.composed("\(name) (\(licenses))"), indent: 12)
            let place = library.downloadLocation
            guard !place.isEmpty else { return try gap("No download location is known.", indent: 24) }
            try page.link(Deception.shownAddress(place), to: .address(place), size: 8.5, indent: 24)
        }
    }

    mutating func endList() throws {
        try page.endNames()
        if count == 0 { try page.text("None.", indent: 12) }
    }

    mutating func missing(_ licenses: [(label: String, url: String)]) throws {
        guard !licenses.isEmpty else { return }
        try page.section("Text not known", keeping: 60, place: "missing")
        try page.paragraph(AttributionSettings.missingExplanation, color: DocumentPage.gray)
        for (name, url) in licenses {
            try page.text(name, indent: 12)
            if !url.isEmpty { try page.link(Deception.shownAddress(url), to: .address(url), size: 8.5, indent: 24) }
        }
    }

    mutating func beginAppendix() throws {}

    mutating func appendix(number: Int, _ labels: [String], _ text: String) throws {
        if number == 1 {
            try page.breakPage()
            try page.section("Texts of the licenses", place: "texts")
        }
        page.canvas.begin(.section)
        try page.subtitle(
            "Text \(number): \(labels.joined(separator: ", "))", keeping: 60, place: Self.place(ofText: number))
        try page.text(text, size: 8, indent: 12)
        page.canvas.end()
    }

    mutating func endAppendix() throws {}

    mutating func end() throws {
        if !settings.footer.isEmpty {
            page.y += 14
            try page.text(settings.footer, size: 9.5)
        }
        try page.finish()
    }
}
