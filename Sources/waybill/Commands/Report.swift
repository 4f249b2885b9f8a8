import Bytes
import Database
import Reports
import Service

extension Command {
    static let report = Command(
        words: ["report"], operands: "TYPE",
        summary: "Makes a report without a server.",
        flags: [
            Flag("scope", "TOKEN", "the token of an organization, a product or a project", required: true),
            Flag("format", "F", "the format (the report's default)"),
            Flag("filter", "JSON", "an object with the report's filters"),
            Flag("output", "FILE", "the ZIP to write", required: true),
        ]
    ) { arguments, configuration in
        guard arguments.operands.count == 1 else {
            throw UsageError(description: "one TYPE is wanted, as OrgInventoryReport")
        }
        let runtime = try Runtime(configuration)
        let scope = try runtime.scope(token: try configuration.required("scope"))
        let fields = try configuration["filter"].map { text in try FilterFields.read(text) } ?? [:]
        var request: ReportRequest
        do {
            request = try ReportRequest(
                type: arguments.operands[0], scope: scope, format: configuration["format"], fields: fields,
                filterKeys: fields.keys.sorted())
            guard request.unknownFilters.isEmpty else {
                throw UsageError(description: request.notes.joined(separator: "; "))
            }
            request = try runtime.comparing(request)
        } catch let error as UsageError {
            throw error
        } catch {
            throw UsageError(description: "\(error)")
        }
        let path = try configuration.required("output")
        let begun = Clock.now()
        let file = try DurableFile(path: path)
        let counted = Count()
        let ticker = arguments.has("json") ? nil : Ticker(label: request.type, count: { counted.value })
        let production = try Production(
            request, settings: runtime.settings.production, progress: { counted.value = $0 })
        let produced = try runtime.database.snapshot { connection in
            try production.run(on: connection) { bytes throws(SinkError) in try file.write(bytes) }
        }
        try file.publish()
        ticker?.stop()
        let seconds = Double(Clock.now() - begun) / 1000
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.text("file", path)
                    $0.number("parts", produced.parts)
                    $0.number("rows", produced.rows)
                    $0.decimal("seconds", seconds)
                })
        } else {
            print("\(path): \(produced.rows) rows, \(produced.parts) part(s), \(file.size) bytes, \(seconds) s")
            for note in produced.notes { print("  note: \(note)") }
        }
    }
}

extension Runtime {
    /// The request with the other side of its comparison, which has to be in the same organization.
    fileprivate func comparing(_ request: ReportRequest) throws -> ReportRequest {
        guard let token = request.comparisonToken else { return request }
        let other = try database.read { try Accounts.scope(request.scope.kind, token: token, on: $0) }
        guard let other, other.organization == request.scope.organization else {
            throw UsageError(description: "the token to compare with is none of a \(request.scope.kind.rawValue) here")
        }
        return request.comparing(with: Scope.Comparison(product: other.product, project: other.project))
    }
}

/// A filter given as JSON on the command line.
enum FilterFields {
    /// The members of an object as texts; lists as several, null as none.
    static func read(_ text: String) throws -> [String: [String]] {
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
