import Bytes
import Database
import Reports
import Service

extension Command {
    static let report = Command(
        words: ["report"], operands: "TYPE",
        summary: "Makes a report, here without a server or by one that runs.",
        flags: [
            Flag("scope", "TOKEN", "token or name of an organization, product or project, as Shop/Cart (required)"),
            Flag("org", "TOKEN", "the organization in which a name is looked for (all)"),
            Flag("format", "F", "the format (the report's default)"),
            Flag("filter", "KEY=VALUE", "a filter of the report, may stand several times; or all as one JSON object"),
            Flag(
                "output", "PATH",
                """
                the ZIP to write; a folder (DIR/) for its parts; a name with the format's ending (x.xlsx) or - (standard \
                output) for the only part (required)
                """),
            Flag("list-types", nil, "list the types of reports, with their scopes and formats"),
            Flag("list-filters", "TYPE", "list the filters of a type of report"),
        ] + Flag.remote
    ) { arguments, configuration in
        if arguments.has("list-types") {
            return arguments.has("json") ? print(ReportList.typesAsJSON) : ReportList.typeTable.print()
        }
        if let type = arguments["list-filters"] {
            if arguments.has("json") { return print(try ReportList.filtersAsJSON(of: type)) }
            guard let table = try ReportList.filterTable(of: type) else { return print("\(type) has no filters") }
            return table.print()
        }
        guard arguments.operands.count == 1 else {
            throw UsageError(
                description: "one TYPE is wanted, as OrgInventoryReport; waybill report --list-types shows them")
        }
        let scope = try configuration.required("scope")
        let output = ReportOutput(path: try configuration.required("output"))
        guard !output.isStandardOutput || !arguments.has("json") else {
            throw UsageError(description: "--json and the report itself cannot both go to standard output")
        }
        let workplace = try configuration.workplace()
        let place = try workplace.place(named: scope, in: nil, kinds: ScopeKind.allCases)
        let wanted = try WantedReport(
            arguments.operands[0], of: place, configuration["format"],
            filters: try FilterFields.read(arguments.all("filter"), or: configuration["filter"]), workplace)
        try output.check(for: wanted.request.format)
        try make(wanted, workplace, output, arguments)
    }

    /// Makes the report, and prints the outcome.
    private static func make(
        _ wanted: WantedReport, _ workplace: any Workplace, _ output: ReportOutput, _ arguments: Arguments
    ) throws {
        let begun = Clock.now()
        let progress = ReportProgress()
        let ticker =
            arguments.has("json") ? nil : Ticker(label: wanted.request.type, count: { progress.rows.value })
        defer { ticker?.stop() }
        let produced = try workplace.make(
            wanted.request, of: wanted.place, fields: wanted.fields, into: output, progress: progress)
        ticker?.stop()
        let seconds = Double(Clock.now() - begun) / 1000
        // Remarks that a reader must not miss are printed on standard error, wherever the output goes.
        for note in produced.notes { complain("note: \(note)\n") }
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.text("file", output.path)
                    $0.number("parts", produced.parts)
                    $0.number("rows", produced.rows)
                    $0.decimal("seconds", seconds)
                    if !produced.notes.isEmpty { $0.texts("notes", produced.notes) }
                })
            return
        }
        let text =
            """
            \(output.path): \(counted(produced.rows, "row")), \(counted(produced.parts, "part")), \
            \(counted(progress.bytes.value, "byte")), \(seconds) s

            """
        if output.isStandardOutput { complain(text) } else { print(text, terminator: "") }
    }
}

/// A requested report, checked against the catalog before the command line or a server makes it.
struct WantedReport {
    let request: ReportRequest
    let place: NamedPlace
    /// The filters of the request, with tokens in place of names.
    let fields: [String: [String]]

    /// Its faults are errors of usage.
    init(
        _ type: String, of place: NamedPlace, _ format: String?, filters: [String: [String]],
        _ workplace: any Workplace
    ) throws {
        let scope = place.scope
        self.place = place
        do {
            let named = try Self.compared(filters, by: type, in: place, workplace)
            fields = ReportRequest.withAllLevels(named, of: type, in: scope.kind)
            request = try ReportRequest(
                type: type, scope: scope, format: format, fields: fields, filterKeys: named.keys.sorted())
            if let unknown = request.unknownFilters.first {
                throw UsageError(description: ReportList.unknownFilter(unknown, of: try request.report(), request.type))
            }
        } catch ReportError.unknownType(let type, let kind) {
            let near = Report.nearest(to: type, in: kind)
            let hint = near.map { "; did you mean \($0)?" } ?? ";"
            throw UsageError(
                description: """
                    there is no report \(type.prefix(100)) of \(kind == .organization ? "an" : "a") \(kind.rawValue)\(hint) \
                    waybill report --list-types shows all
                    """)
        } catch let error as ReportError {
            throw UsageError(description: "\(error)")
        }
    }

    /// The fields, with the token of a comparison's other side in place of its name.
    private static func compared(
        _ fields: [String: [String]], by type: String, in place: NamedPlace, _ workplace: any Workplace
    ) throws -> [String: [String]] {
        let kind = place.scope.kind
        guard let report = Report.named(type, in: kind), report.isComparison else { return fields }
        var fields = fields
        let names = Set(Report.comparisonAliases(kind).map { $0.lowercased() })
        for (key, values) in fields where names.contains(key.lowercased()) {
            fields[key] = try values.map { try workplace.place(named: $0, in: place, kinds: [kind]).token }
        }
        return fields
    }
}
