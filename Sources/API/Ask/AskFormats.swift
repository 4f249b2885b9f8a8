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
}

extension AskRequest.Format {
    var mediaType: String {
        switch self {
        case .json: Answer.mediaType
        case .ndjson: "application/x-ndjson"
        case .csv: "text/csv;charset=UTF-8;header=present"
        }
    }
}

/// Writes items in a format, some at a time: what is written together is one file.
struct AskWriter {
    private let format: AskRequest.Format
    private var isBegun = false
    private var hasItems = false

    init(_ format: AskRequest.Format) { self.format = format }

    /// The bytes of the next items; may be empty.
    mutating func piece(_ items: [Question.Item], isLast: Bool) -> [UInt8] {
        defer { isBegun = true }
        switch format {
        case .json:
            var bytes = isBegun ? [] : Array(#"{"items":["#.utf8)
            for item in items {
                if hasItems { bytes.append(UInt8(ascii: ",")) }
                hasItems = true
                bytes += Answer.text { $0.members(of: item) }.utf8
            }
            return bytes + (isLast ? Array("]}".utf8) : [])
        case .ndjson:
            var json = Answer.writer()
            for item in items {
                json.object { $0.members(of: item) }
                json.endLine()
            }
            return json.bytes
        case .csv: return AskCSV.text(of: items, hasHeading: !isBegun)
        }
    }
}

/// Answers as CSV (RFC 4180): a heading, then a line for each item; unknown values are empty fields.
enum AskCSV {
    static let heading = [
        "product", "project", "projectToken", "library", "version", "purl", "path", "direct", "since", "fix",
        "decision",
    ]

    fileprivate static func text(of items: [Question.Item], hasHeading: Bool) -> [UInt8] {
        var sink = ByteSink()
        if hasHeading { append(heading, to: &sink) }
        for item in items { append(fields(of: item), to: &sink) }
        return sink.bytes
    }

    /// The fields in the order of the heading; ` > ` separates the steps of a path.
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
