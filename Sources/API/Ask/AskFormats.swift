package import Bytes
package import Reports

extension JSONWriter {
    /// The members of an item of an answer; unknown ones are left out.
    package mutating func members(of item: Question.Item) {
        text("product", item.product)
        text("project", item.project)
        text("projectToken", item.projectToken)
        text("library", item.library)
        if let version = item.version { text("version", version) }
        if let purl = item.purl { text("purl", purl) }
        if let path = item.path { texts("path", path) }
        if let isDirect = item.isDirect { flag("direct", isDirect) }
        if let since = item.since { time("since", since) }
        if let fix = item.fix { text("fix", fix) }
        if let decision = item.decision { text("decision", decision) }
    }

    /// An item on a line of its own.
    mutating func line(_ item: Question.Item) {
        object { $0.members(of: item) }
        endLine()
    }
}

/// Answers as CSV (RFC 4180): a heading, then a line for each item; an unknown value is an empty field.
enum AskCSV {
    static let heading = [
        "product", "project", "projectToken", "library", "version", "purl", "path", "direct", "since", "fix",
        "decision",
    ]

    static func text(of items: [Question.Item]) -> [UInt8] {
        var sink = ByteSink()
        append(heading, to: &sink)
        for item in items { append(fields(of: item), to: &sink) }
        return sink.bytes
    }

    /// The fields in the order of the heading; the steps of a path with ` > ` between.
    static func fields(of item: Question.Item) -> [String] {
        [
            item.product, item.project, item.projectToken, item.library, item.version ?? "", item.purl ?? "",
            item.path?.joined(separator: " > ") ?? "", item.isDirect.map { $0 ? "true" : "false" } ?? "",
            item.since.map { TimeText.time($0) } ?? "", item.fix ?? "", item.decision ?? "",
        ]
    }

    private static func append(_ fields: [String], to sink: inout ByteSink) {
        for (number, field) in fields.enumerated() {
            if number > 0 { sink.append(UInt8(ascii: ",")) }
            sink.append(csvField: field)
        }
        sink.append(raw: "\r\n")
    }
}
