/// The formats of reports. `Production` has one `switch` over them.
package enum Format: String, Sendable, CaseIterable, Codable {
    case xlsx
    case json
    case xml
    case pdf
    case csv
    /// JSON Lines: one row a line.
    case ndjson
    /// SPDX tag-value.
    case tv
    case yaml
    case html
    case txt

    /// The ending of a part's file name, without the dot.
    package var fileExtension: String {
        switch self {
        case .tv: "spdx"
        case .xlsx, .json, .xml, .pdf, .csv, .ndjson, .yaml, .html, .txt: rawValue
        }
    }

    /// The media type of a single part.
    package var mediaType: String {
        switch self {
        case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case .json: "application/json;charset=UTF-8"
        case .xml: "application/xml;charset=UTF-8"
        case .pdf: "application/pdf"
        case .csv: "text/csv;charset=UTF-8"
        case .ndjson: "application/x-ndjson"
        case .tv: "text/spdx;charset=UTF-8"
        case .yaml: "application/yaml;charset=UTF-8"
        case .html: "text/html;charset=UTF-8"
        case .txt: "text/plain;charset=UTF-8"
        }
    }

    /// Whether people read the format rather than programs; rows then come in the order of `Table.urgency`.
    var isForPeople: Bool {
        switch self {
        case .xlsx, .pdf: true
        case .json, .ndjson, .xml, .csv, .tv, .yaml, .html, .txt: false
        }
    }

    /// The formats of every tabular report; the documented default of the report comes first.
    package static func tabular(first: Format) -> [Format] {
        [first] + [.xlsx, .json, .xml, .pdf, .csv, .ndjson].filter { $0 != first }
    }

    /// Whether the format shows a column of a table, under its heading or its key.
    func shows(_ column: Column) -> Bool {
        switch self {
        case .xlsx, .pdf, .csv: !column.title.isEmpty
        case .json, .ndjson, .xml: !column.key.isEmpty
        case .tv, .yaml, .html, .txt: true
        }
    }
}
