import Bytes
import Database
import Reports

/// The lists of the types and filters of `waybill report`.
enum ReportList {
    private static var reports: [Report] { Report.catalog.sorted { $0.title < $1.title } }

    /// All types, with the scopes and formats of each.
    static var typeTable: TextTable {
        let rows = reports.flatMap { report in
            ScopeKind.allCases.compactMap { kind in
                report.name.types[kind].map {
                    [$0, kind.rawValue, report.formats.map(\.rawValue).joined(separator: ","), report.title]
                }
            }
        }
        return TextTable(headings: ["TYPE", "SCOPE", "FORMATS", "TITLE"], rows: rows)
    }

    /// The same for programs, including the keys of filters.
    static var typesAsJSON: String {
        JSONWriter.object {
            $0.objects("types", reports) { json, report in
                json.text("title", report.title)
                for kind in ScopeKind.allCases {
                    if let type = report.name.types[kind] { json.text(named: kind.rawValue, type) }
                }
                json.texts("formats", report.formats.map(\.rawValue))
                json.texts("filters", report.filters.map(\.key))
            }
        }
    }

    /// The filters of a type; nil without any.
    static func filterTable(of type: String) throws -> TextTable? {
        let filters = try filters(of: type)
        if filters.isEmpty { return nil }
        return TextTable(
            headings: ["FILTER", "ACCEPTED", "MEANING"], rows: filters.map { [$0.key, $0.accepted, $0.meaning] })
    }

    /// The same for programs; an empty list where the type has no filters.
    static func filtersAsJSON(of type: String) throws -> String {
        let filters = try filters(of: type)
        return JSONWriter.object {
            $0.objects("filters", filters) { json, filter in
                json.text("key", filter.key)
                json.text("accepted", filter.accepted)
                json.text("meaning", filter.meaning)
            }
        }
    }

    private static func filters(of type: String) throws -> [Filter] {
        guard let report = Report.scopes(of: type).first.flatMap({ Report.named(type, in: $0) }) else {
            let near = NearWord.nearest(to: type, among: Report.catalog.flatMap { $0.name.types.values }.sorted())
            throw UsageError(
                description: "there is no report \(type.prefix(100))"
                    + (near.map { "; did you mean \($0)?" } ?? "; waybill report --list-types shows all"))
        }
        return report.filters
    }

    /// The message for a filter that a report does not know.
    static func unknownFilter(_ key: String, of report: Report, _ type: String) -> String {
        let known = report.filters.map(\.key).sorted()
        let near = NearWord.nearest(to: key, among: known).map { "; did you mean \($0)?" } ?? "."
        return "\(type) has no filter \(key)\(near) It knows \(known.isEmpty ? "none" : known.joined(separator: ", "))"
    }
}

/// The filters of a command line.
enum FilterFields {
    /// Filters by their keys, from `KEY=VALUE` flags and from JSON objects. A key may stand several times.
    ///
    /// - Parameters:
    ///   - flags: the values on the command line.
    ///   - setting: the setting that is used without a value on the command line.
    static func read(_ flags: [String], or setting: String?) throws -> [String: [String]] {
        var fields: [String: [String]] = [:]
        for text in flags.isEmpty ? [setting].compactMap({ $0 }) : flags {
            if text.trimmingBlanks().hasPrefix("{") || text.trimmingBlanks().hasPrefix("[") {
                fields.merge(try read(text)) { $0 + $1 }
                continue
            }
            guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                throw UsageError(
                    description: "--filter is \(text.prefix(100)); accepted: KEY=VALUE, or an object as JSON")
            }
            fields[String(text[..<mark]).trimmingBlanks(), default: []].append(
                String(text[text.index(after: mark)...]))
        }
        return fields
    }

    /// The members of an object as texts; a list gives several, null none.
    private static func read(_ text: String) throws -> [String: [String]] {
        do throws(JSONError) {
            var json = JSONReader(Array(text.utf8))
            var fields: [String: [String]] = [:]
            try json.beginObject()
            while try json.nextKey() {
                let key = json.key()
                fields[key] = try values(&json)
            }
            try json.finish()
            return fields
        } catch {
            throw UsageError(description: "--filter is not an object of texts, numbers, booleans and lists: \(error)")
        }
    }

    private static func values(_ json: inout JSONReader) throws(JSONError) -> [String] {
        switch try json.peek() {
        case .string: return [try json.string()]
        case .number: return [try json.numberText()]
        case .bool: return [try json.bool() ? "true" : "false"]
        case .null:
            try json.null()
            return []
        case .array:
            var found: [String] = []
            try json.beginArray()
            while try json.nextElement() { found += try values(&json) }
            return found
        case .object:
            try json.skipValue()
            return []
        }
    }
}
