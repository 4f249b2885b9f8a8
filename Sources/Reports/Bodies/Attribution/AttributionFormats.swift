import Bytes

// DESIGN. Texts of others stand in all three syntaxes escaped: HTML has no attribute but addresses that begin with http, so
// nothing that a document says can run. The page prints as it is: no script, no image, nothing from elsewhere.

/// Mend's keys (`summary`, `detail`), and the licences whose texts are missing.
struct AttributionJSON: AttributionWriter, ~Copyable {
    private let settings: AttributionSettings
    private var json: JSONWriter

    init(_ settings: AttributionSettings, _ sink: consuming ByteSink) {
        self.settings = settings
        json = JSONWriter(to: sink)
    }

    mutating func begin() throws {
        json.beginObject()
        json.text("reportTitle", settings.title)
        json.text("reportHeader", settings.header)
        json.text("reportFooter", settings.footer)
    }

    mutating func beginSummary() throws {
        json.key("summary")
        json.beginArray()
    }

    mutating func summary(_ library: AttributedLibrary) throws {
        json.object { [settings] json in
            json.text("library", settings.label(library))
            json.texts("licenses", library.licenses.map(\.name))
            if !library.expression.isEmpty { json.text("spdxExpression", library.expression) }
            if let name = settings.attribute, let value = library.attribute {
                json.object("customAttribute") {
                    $0.object(named: name) { $0.text(named: library.project, value) }
                }
            }
        }
        try json.drain()
    }

    mutating func endSummary() throws { json.endArray() }

    mutating func beginDetail() throws {
        json.key("detail")
        json.beginObject()
    }

    mutating func beginSection(_ name: String) throws {
        json.key(named: name)
        json.beginArray()
    }

    mutating func detail(_ library: AttributedLibrary) throws {
        json.object { [settings] json in
            json.text("library", settings.label(library))
            if settings.shows("LICENSES") {
                json.objects("licenses", library.licenses) { json, license in
                    json.text("license", license.name)
                    if !license.spdx.isEmpty { json.text("spdxId", license.spdx) }
                    json.text("licenseText", settings.text(of: license))
                }
                if !library.expression.isEmpty { json.text("spdxExpression", library.expression) }
            }
            if settings.shows("COPYRIGHTS") { json.texts("copyrights", library.copyrights) }
            if settings.shows("NOTICES") { json.texts("notices", library.notice.isEmpty ? [] : [library.notice]) }
            if settings.shows("PRIMARY_ATTRIBUTES") {
                json.text("homepage", library.homepage)
                if !library.author.isEmpty { json.text("author", library.author) }
            }
        }
        try json.drain()
    }

    mutating func endSection() throws { json.endArray() }

    mutating func endDetail() throws { json.endObject() }

    mutating func beginAppendix() throws {
        json.key("appendix")
        json.beginArray()
    }

    mutating func appendix(number: Int, _ name: String, _ text: String) throws {
        json.object {
            $0.text("license", name)
            $0.text("licenseText", text)
        }
        try json.drain()
    }

    mutating func endAppendix() throws { json.endArray() }

    mutating func end(missing: [(name: String, url: String)]) throws {
        json.texts("licensesWithoutText", missing.map(\.name))
        json.endObject()
        json.endLine()
        try json.flush()
    }
}

/// Plain text, to be put beside a program.
struct AttributionText: AttributionWriter, ~Copyable {
    private static let rule = String(repeating: "=", count: 72) + "\n"
    private let settings: AttributionSettings
    private var out: ByteSink

    init(_ settings: AttributionSettings, _ sink: consuming ByteSink) {
        self.settings = settings
        out = sink
    }

    /// What others wrote goes in with line ends and tabs alone of all control characters.
    private mutating func write(_ text: String, indent: String = "") {
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

    mutating func begin() throws {
        write(settings.title)
        if !settings.header.isEmpty {
            out.append("\n")
            write(settings.header)
        }
    }

    mutating func beginSummary() throws { heading("Summary") }

    mutating func summary(_ library: AttributedLibrary) throws {
        var line = "\(settings.label(library)): \(settings.licenses(library))"
        if let name = settings.attribute, let value = library.attribute { line += " [\(name): \(value)]" }
        write(line)
        try out.drain()
    }

    mutating func endSummary() throws {}
    mutating func beginDetail() throws {}
    mutating func beginSection(_ name: String) throws { heading(name) }

    mutating func detail(_ library: AttributedLibrary) throws {
        out.append("\n")
        write(settings.label(library))
        if settings.shows("PRIMARY_ATTRIBUTES"), !library.homepage.isEmpty { write(library.homepage, indent: "  ") }
        if settings.shows("PRIMARY_ATTRIBUTES"), !library.author.isEmpty {
            write("Author: \(library.author)", indent: "  ")
        }
        if settings.shows("LICENSES") {
            if library.licenses.isEmpty { write("No license is known.", indent: "  ") }
            if let expression = settings.expression(library) {
                write("SPDX expression: \(expression)", indent: "  ")
            }
            for license in library.licenses {
                write("License: \(license.label)", indent: "  ")
                let text = settings.text(of: license)
                if !text.isEmpty { write(text, indent: "    ") }
            }
        }
        if settings.shows("COPYRIGHTS") {
            for line in library.copyrights { write(line, indent: "  ") }
        }
        if settings.shows("NOTICES"), !library.notice.isEmpty {
            write("Notice:", indent: "  ")
            write(library.notice, indent: "    ")
        }
        try out.drain()
    }

    mutating func endSection() throws {}
    mutating func endDetail() throws {}

    mutating func beginAppendix() throws { heading("Appendix: texts of the licenses") }

    mutating func appendix(number: Int, _ name: String, _ text: String) throws {
        out.append(raw: "\n")
        write("\(number). \(name)")
        write(text, indent: "    ")
        try out.drain()
    }

    mutating func endAppendix() throws {}

    mutating func end(missing: [(name: String, url: String)]) throws {
        if !missing.isEmpty, settings.shows("LICENSES") {
            heading("Licenses whose text is not known here")
            for (name, url) in missing { write(url.isEmpty ? name : "\(name): \(url)") }
        }
        if !settings.footer.isEmpty {
            out.append("\n")
            write(settings.footer)
        }
        try out.flush()
    }
}

/// One page that stands alone and prints well.
struct AttributionHTML: AttributionWriter, ~Copyable {
    private let settings: AttributionSettings
    private var out: ByteSink

    init(_ settings: AttributionSettings, _ sink: consuming ByteSink) {
        self.settings = settings
        out = sink
    }

    private mutating func element(_ name: StaticSQL, _ text: String) {
        out.append("<")
        out.append(name)
        out.append(">")
        out.append(pageText: text)
        out.append("</")
        out.append(name)
        out.append(">\n")
    }

    private mutating func link(_ address: String) {
        guard Deception.isWeb(address) else { return element("p", Deception.shownAddress(address)) }
        out.append("<p><a href=\"")
        out.append(pageText: address)
        out.append("\">")
        out.append(pageText: address)
        out.append("</a></p>\n")
    }

    mutating func begin() throws {
        out.append(
            """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"/><title>
            """)
        out.append(pageText: settings.title)
        out.append(
            """
            </title>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
            <style>
            body { font-family: "Noto Sans", "DejaVu Sans", sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
            table { border-collapse: collapse; width: 100%; }
            th, td { border-bottom: 1px solid #888; padding: .3em .6em; text-align: left; vertical-align: top; }
            thead { display: table-header-group; }
            pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #888; padding-left: 1em; }
            td, p, h3 { overflow-wrap: anywhere; }
            @media print { body { max-width: none; margin: 0; } h2, h3 { break-after: avoid; } tr { break-inside: avoid; } }
            </style></head><body>

            """)
        element("h1", settings.title)
        if !settings.header.isEmpty { element("p", settings.header) }
    }

    mutating func beginSummary() throws {
        out.append("<h2>Summary</h2>\n<table><thead><tr><th>Library</th><th>Licenses</th>")
        if let name = settings.attribute { element("th", name) }
        out.append("</tr></thead><tbody>\n")
    }

    mutating func summary(_ library: AttributedLibrary) throws {
        out.append("<tr>")
        element("td", settings.label(library))
        element("td", settings.licenses(library))
        if settings.attribute != nil { element("td", library.attribute ?? "") }
        out.append("</tr>\n")
        try out.drain()
    }

    mutating func endSummary() throws { out.append("</tbody></table>\n") }
    mutating func beginDetail() throws {}

    mutating func beginSection(_ name: String) throws {
        out.append("<section>\n")
        element("h2", name)
    }

    mutating func detail(_ library: AttributedLibrary) throws {
        element("h3", settings.label(library))
        if settings.shows("PRIMARY_ATTRIBUTES"), !library.homepage.isEmpty { link(library.homepage) }
        if settings.shows("PRIMARY_ATTRIBUTES"), !library.author.isEmpty { element("p", "Author: \(library.author)") }
        if settings.shows("LICENSES") {
            if library.licenses.isEmpty { element("p", "No license is known.") }
            if let expression = settings.expression(library) { element("p", "SPDX expression: \(expression)") }
            for license in library.licenses {
                element("p", "License: \(license.label)")
                let text = settings.text(of: license)
                if !text.isEmpty { element("pre", text) }
            }
        }
        if settings.shows("COPYRIGHTS") {
            for line in library.copyrights { element("p", line) }
        }
        if settings.shows("NOTICES"), !library.notice.isEmpty { element("pre", library.notice) }
        try out.drain()
    }

    mutating func endSection() throws { out.append("</section>\n") }
    mutating func endDetail() throws {}

    mutating func beginAppendix() throws { out.append("<section><h2>Texts of the licenses</h2>\n<ol>\n") }

    mutating func appendix(number: Int, _ name: String, _ text: String) throws {
        out.append("<li>")
        element("h3", name)
        element("pre", text)
        out.append("</li>\n")
        try out.drain()
    }

    mutating func endAppendix() throws { out.append("</ol></section>\n") }

    mutating func end(missing: [(name: String, url: String)]) throws {
        if !missing.isEmpty, settings.shows("LICENSES") {
            out.append("<section><h2>Licenses whose text is not known here</h2>\n<ul>\n")
            for (name, url) in missing {
                out.append("<li>")
                element("p", name)
                if !url.isEmpty { link(url) }
                out.append("</li>\n")
            }
            out.append("</ul></section>\n")
        }
        if !settings.footer.isEmpty { element("p", settings.footer) }
        out.append("</body></html>\n")
        try out.flush()
    }
}
