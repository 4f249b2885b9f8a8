import Bytes

// DESIGN. Foreign texts are escaped, and only addresses that begin with http become attributes, so no text of a document can
// run as code. The page is complete: it can be printed, has no script and no image, and loads no other file.

/// An attribution as one page, with contents, and links from libraries to texts.
struct AttributionHTML: AttributionWriter, ~Copyable {
    private let head: AttributionHead
    private var settings: AttributionSettings { head.settings }
    private var out: ByteSink
    private var count = 0
    private var hasGroup = false

    var gathersNotices: Bool { false }

    init(_ head: AttributionHead, _ sink: consuming ByteSink) {
        self.head = head
        out = sink
    }

    private static let style: StaticString = """
        body { font-family: "Noto Sans", "DejaVu Sans", sans-serif; line-height: 1.4; max-width: 60em; margin: 2em auto; padding: 0 1em; }
        h2 { border-bottom: 2px solid #444; padding-bottom: .2em; margin-top: 2em; } h3 { margin-bottom: .3em; }
        table { border-collapse: collapse; width: 100%; }
        th, td { border-bottom: 1px solid #bbb; padding: .25em .6em; text-align: left; vertical-align: top; }
        tbody th { background: #eee; } .head { color: #333; margin: .1em 0; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #888; padding-left: 1em; font-size: .85em; }
        td, th, p, h3, li { overflow-wrap: anywhere; } p, ul { margin: .3em 0; } small { color: #444; }
        .gap { border: 1px solid #a00; padding: 0 .3em; } p.gap { display: table; }
        @media print { body { max-width: none; margin: 0; } h2, h3 { break-after: avoid; } tr { break-inside: avoid; } tbody th { break-after: avoid; } }
        """

    // MARK: Pieces

    private mutating func element(_ name: StaticString, _ text: String, class style: StaticString = "") {
        out.append("<")
        out.append(name)
        if style.utf8CodeUnitCount > 0 {
            out.append(" class=\"")
            out.append(style)
            out.append("\"")
        }
        out.append(">")
        out.append(pageText: text)
        out.append("</")
        out.append(name)
        out.append(">\n")
    }

    /// An address; a link if a page may link to it.
    private mutating func address(_ address: String) {
        guard Deception.isWeb(address) else { return out.append(pageText: Deception.shownAddress(address)) }
        out.append("<a href=\"")
        out.append(pageText: address)
        out.append("\">")
        out.append(pageText: address)
        out.append("</a>")
    }

    /// A link within the page. This writer makes all anchors, from letters, digits and hyphens.
    private mutating func link(to anchor: String, _ text: String) {
        out.append(raw: "<a href=\"#\(anchor)\">")
        out.append(pageText: text)
        out.append("</a>")
    }

    private mutating func section(_ anchor: String, _ title: String) {
        out.append(raw: "<section id=\"\(anchor)\">\n")
        element("h2", title)
        count = 0
    }

    private func anchor(_ library: AttributedLibrary) -> String {
        settings.byComponent ? "c\(library.key)" : "c\(library.projectID)-\(library.position)"
    }

    /// A library's name, linked to its entry where there is one.
    private mutating func name(_ library: AttributedLibrary) {
        guard settings.showsDetail else { return out.append(pageText: settings.label(library)) }
        link(to: anchor(library), settings.label(library))
    }

    // MARK: The page

    mutating func begin(hasMissingTexts: Bool, hasTexts: Bool) throws {
        out.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><title>")
        out.append(pageText: settings.title)
        out.append("</title>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n")
        out.append(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
        )
        out.append("<style>\n")
        out.append(Self.style)
        out.append("\n</style></head><body>\n")
        element("h1", settings.title)
        for (kind, name) in head.names { element("p", "\(kind): \(name)", class: "head") }
        element("p", "Data of \(head.date)", class: "head")
        for restriction in head.restrictions { element("p", "Only components with \(restriction)", class: "gap") }
        if !settings.header.isEmpty { element("p", settings.header) }
        contents(hasMissingTexts: hasMissingTexts, hasTexts: hasTexts)
    }

    private mutating func contents(hasMissingTexts: Bool, hasTexts: Bool) {
        out.append("<nav><h2>Contents</h2>\n<ol>\n")
        for (anchor, title) in settings.contents(hasMissingTexts: hasMissingTexts, hasTexts: hasTexts) {
            out.append("<li>")
            link(to: anchor, title)
            out.append("</li>\n")
        }
        out.append("</ol></nav>\n")
    }

    mutating func beginSummary() throws {
        section("summary", "Components by license")
        out.append("<table><thead><tr><th>Component</th>")
        if let name = settings.attribute { element("th", name) }
        out.append("</tr></thead>\n")
        hasGroup = false
    }

    mutating func group(_ licenses: String) throws {
        if hasGroup { out.append("</tbody>\n") }
        hasGroup = true
        out.append("<tbody><tr><th scope=\"rowgroup\"")
        if settings.attribute != nil { out.append(" colspan=\"2\"") }
        out.append(">")
        out.append(pageText: licenses)
        out.append("</th></tr>\n")
    }

    mutating func summary(_ library: AttributedLibrary) throws {
        out.append("<tr><td>")
        name(library)
        out.append("</td>")
        if settings.attribute != nil { element("td", library.attribute ?? "") }
        out.append("</tr>\n")
        try out.drain()
    }

    mutating func endSummary() throws {
        if hasGroup { out.append("</tbody>") }
        out.append("</table></section>\n")
    }

    mutating func beginDetail() throws { section("components", "Components") }

    mutating func beginSection(_ name: String) throws {
        if !settings.byComponent { element("h2", "Project: \(name)") }
    }

    mutating func detail(_ library: AttributedLibrary, number: Int) throws {
        out.append(raw: "<h3 id=\"\(anchor(library))\">\(number). ")
        out.append(pageText: settings.label(library))
        out.append("</h3>\n")
        if settings.shows("PRIMARY_ATTRIBUTES") {
            if !library.homepage.isEmpty {
                out.append("<p>")
                address(library.homepage)
                out.append("</p>\n")
            }
            if !library.author.isEmpty { element("p", "Author: \(library.author)") }
        }
        if settings.shows("LICENSES") { licenses(of: library) }
        if settings.shows("COPYRIGHTS") { copyrights(of: library) }
        if settings.shows("NOTICES"), !library.notice.isEmpty {
            element("p", library.noticeReference.isEmpty ? "Notice:" : "Notice, from \(library.noticeReference):")
            element("pre", library.notice)
        }
        try out.drain()
    }

    private mutating func licenses(of library: AttributedLibrary) {
        if library.licenses.isEmpty { element("p", "No license is known.", class: "gap") }
        if let expression = settings.expression(library) { element("p", "SPDX expression: \(expression)") }
        for license in library.licenses {
            out.append("<p>License: ")
            if let first = license.numbers.first, license.numbers.count == 1 {
                link(to: "text-\(first)", license.label)
            } else {
                out.append(pageText: license.label)
                for number in license.numbers {
                    out.append(" ")
                    link(to: "text-\(number)", "text \(number)")
                }
            }
            out.append("</p>\n")
            if !license.text.isEmpty { element("pre", license.text) }
            if let gap = settings.gap(of: license) { element("p", gap, class: "gap") }
        }
    }

    private mutating func copyrights(of library: AttributedLibrary) {
        guard !library.copyrights.isEmpty else { return element("p", "No copyright is known.", class: "gap") }
        for (source, lines) in library.copyrightsBySource {
            out.append("<ul>\n")
            for line in lines { element("li", line) }
            out.append("</ul>\n<p><small>source: ")
            out.append(pageText: source)
            out.append("</small></p>\n")
        }
    }

    mutating func endSection() throws {}
    mutating func endDetail() throws { out.append("</section>\n") }
    mutating func beginNotices() throws {}
    mutating func notice(_ library: AttributedLibrary, number: Int) throws {}
    mutating func endNotices() throws {}

    // MARK: Lists and texts

    mutating func beginList(_ list: AttributionList) throws {
        section(list.anchor, list.title)
        element("p", list.explanation)
        out.append("<ul>\n")
    }

    mutating func item(_ library: AttributedLibrary, of list: AttributionList, decided author: String) throws {
        count += 1
        out.append("<li>")
        name(library)
        switch list {
        case .noLicense, .noCopyright: break
        case .choices:
            out.append(pageText: ": \(library.offer ?? "") → \(library.licenseLine), \(author)")
        case .sources:
            let licenses = library.licenses.filter(\.isCopyleft).map(\.label).joined(separator: ", ")
            out.append(pageText: " (\(licenses)): ")
            if library.downloadLocation.isEmpty {
                out.append("<span class=\"gap\">no download location is known</span>")
            } else {
                address(library.downloadLocation)
            }
        }
        out.append("</li>\n")
        try out.drain()
    }

    mutating func endList() throws {
        if count == 0 { element("li", "None.") }
        out.append("</ul></section>\n")
    }

    mutating func missing(_ licenses: [(label: String, url: String)]) throws {
        guard !licenses.isEmpty else { return }
        section("missing", "Text not known")
        element("p", AttributionSettings.missingExplanation)
        out.append("<ul>\n")
        for (name, url) in licenses {
            out.append("<li>")
            out.append(pageText: name)
            if !url.isEmpty {
                out.append(": ")
                address(url)
            }
            out.append("</li>\n")
        }
        out.append("</ul></section>\n")
    }

    mutating func beginAppendix() throws { section("texts", "Texts of the licenses") }

    mutating func appendix(number: Int, _ labels: [String], _ text: String) throws {
        out.append(raw: "<h3 id=\"text-\(number)\">Text \(number): ")
        out.append(pageText: labels.joined(separator: ", "))
        out.append("</h3>\n")
        element("pre", text)
        try out.drain()
    }

    mutating func endAppendix() throws { out.append("</section>\n") }

    mutating func end() throws {
        if !settings.footer.isEmpty { element("p", settings.footer) }
        out.append("</body></html>\n")
        try out.flush()
    }
}
