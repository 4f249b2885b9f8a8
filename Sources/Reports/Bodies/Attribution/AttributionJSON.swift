import Bytes

/// An attribution with Mend's keys, `summary` and `detail`, followed by the lists and texts.
struct AttributionJSON: AttributionWriter, ~Copyable {
    private let head: AttributionHead
    private var settings: AttributionSettings { head.settings }
    private var json: JSONWriter

    var gathersNotices: Bool { false }

    init(_ head: AttributionHead, _ sink: consuming ByteSink) {
        self.head = head
        json = JSONWriter(to: sink)
    }

    mutating func begin(hasMissingTexts: Bool, hasTexts: Bool) throws {
        json.beginObject()
        json.text("reportTitle", settings.title)
        if !settings.header.isEmpty { json.text("reportHeader", settings.header) }
        if !settings.footer.isEmpty { json.text("reportFooter", settings.footer) }
        for (kind, name) in head.names { json.text(named: kind.lowercased(), name) }
        json.text("dataDate", head.date)
        if !head.restrictions.isEmpty { json.texts("restrictions", head.restrictions) }
    }

    mutating func beginSummary() throws {
        json.key("summary")
        json.beginArray()
    }

    mutating func group(_ licenses: String) throws {}

    mutating func summary(_ library: AttributedLibrary) throws {
        let settings = settings
        json.object { json in
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

    mutating func detail(_ library: AttributedLibrary, number: Int) throws {
        let settings = settings
        json.object { json in
            json.text("library", settings.label(library))
            if settings.shows("LICENSES") {
                json.objects("licenses", library.licenses) { json, license in
                    json.text("license", license.name)
                    if !license.spdx.isEmpty { json.text("spdxId", license.spdx) }
                    json.text("licenseText", settings.text(of: license))
                    if !license.numbers.isEmpty {
                        json.key("appendix")
                        json.array(license.numbers) { $0.number(Int64($1)) }
                    }
                }
                if !library.expression.isEmpty { json.text("spdxExpression", library.expression) }
            }
            if settings.shows("COPYRIGHTS") {
                json.texts("copyrights", library.copyrights.map(\.text))
                json.objects("copyrightSources", library.copyrights) { json, line in
                    json.text("copyright", line.text)
                    json.text("source", line.source)
                }
            }
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
    mutating func beginNotices() throws {}
    mutating func notice(_ library: AttributedLibrary, number: Int) throws {}
    mutating func endNotices() throws {}

    mutating func beginList(_ list: AttributionList) throws {
        json.key(list.key)
        json.beginArray()
    }

    mutating func item(_ library: AttributedLibrary, of list: AttributionList, decided author: String) throws {
        let settings = settings
        json.object { json in
            json.text("library", settings.label(library))
            switch list {
            case .noLicense, .noCopyright: break
            case .choices:
                json.text("spdxExpression", library.offer ?? library.expression)
                json.texts("licenses", library.licenses.map(\.label))
                json.text("decidedBy", author)
            case .sources:
                json.texts("licenses", library.licenses.filter(\.isCopyleft).map(\.label))
                if !library.downloadLocation.isEmpty { json.text("downloadLocation", library.downloadLocation) }
            }
        }
        try json.drain()
    }

    mutating func endList() throws { json.endArray() }

    mutating func missing(_ licenses: [(label: String, url: String)]) throws {
        json.texts("licensesWithoutText", licenses.map(\.label))
    }

    mutating func beginAppendix() throws {
        json.key("appendix")
        json.beginArray()
    }

    mutating func appendix(number: Int, _ labels: [String], _ text: String) throws {
        json.object {
            $0.number("number", number)
            $0.text("license", labels.joined(separator: ", "))
            $0.text("licenseText", text)
        }
        try json.drain()
    }

    mutating func endAppendix() throws { json.endArray() }

    mutating func end() throws {
        json.endObject()
        json.endLine()
        try json.flush()
    }
}
