import Bytes
import Database
import Reports
import Service

extension Command {
    static let report = Command(
        words: ["report"], operands: "TYPE",
        summary: "Makes a report without a server.",
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
        ]
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
        let runtime = try Runtime(existing: configuration)
        let organization = try configuration["org"].map { try runtime.organization(named: $0) }
        let request = try runtime.request(
            arguments.operands[0], try runtime.scope(named: scope, in: organization), configuration["format"],
            fields: try FilterFields.read(arguments.all("filter"), or: configuration["filter"]))
        try output.check(for: request.format)
        try make(request, runtime, output, arguments)
    }

    /// Makes the report, and says what became of it.
    private static func make(
        _ request: ReportRequest, _ runtime: Runtime, _ output: ReportOutput, _ arguments: Arguments
    ) throws {
        let begun = Clock.now()
        let (rows, bytes) = (Count(), Count())
        let ticker = arguments.has("json") ? nil : Ticker(label: request.type, count: { rows.value })
        defer { ticker?.stop() }
        let production = try Production(
            request, settings: runtime.settings.production, progress: { rows.value = $0 })
        let produced = try output.write(production, from: runtime.database, counting: bytes)
        ticker?.stop()
        let seconds = Double(Clock.now() - begun) / 1000
        // What a reader must not miss stands on standard error, wherever the rest goes.
        let notes = request.notes + produced.notes
        for note in notes { complain("note: \(note)\n") }
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.text("file", output.path)
                    $0.number("parts", produced.parts)
                    $0.number("rows", produced.rows)
                    $0.decimal("seconds", seconds)
                    if !notes.isEmpty { $0.texts("notes", notes) }
                })
            return
        }
        let text =
            """
            \(output.path): \(counted(produced.rows, "row")), \(counted(produced.parts, "part")), \
            \(counted(bytes.value, "byte")), \(seconds) s

            """
        if output.isStandardOutput { complain(text) } else { print(text, terminator: "") }
    }
}

extension Runtime {
    /// A request that was checked; what is wrong with it is wrong usage.
    fileprivate func request(
        _ type: String, _ scope: Scope, _ format: String?, fields: [String: [String]]
    ) throws -> ReportRequest {
        do {
            let fields = try compared(fields, by: type, in: scope)
            let request = try ReportRequest(
                type: type, scope: scope, format: format,
                fields: ReportRequest.withAllLevels(fields, of: type, in: scope.kind), filterKeys: fields.keys.sorted())
            if let unknown = request.unknownFilters.first {
                throw UsageError(description: ReportList.unknownFilter(unknown, of: try request.report(), request.type))
            }
            return try comparing(request)
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

    /// The fields, with the token of the other side of a comparison in the place of its name.
    private func compared(
        _ fields: [String: [String]], by type: String, in scope: Scope
    ) throws -> [String: [String]] {
        guard let report = Report.named(type, in: scope.kind), report.isComparison else { return fields }
        var fields = fields
        let names = Set(Report.comparisonAliases(scope.kind).map { $0.lowercased() })
        for (key, values) in fields where names.contains(key.lowercased()) {
            fields[key] = try values.map { value in
                try token(of: self.scope(named: value, in: scope.organization, kinds: [scope.kind]))
            }
        }
        return fields
    }

    /// The request with the other side of its comparison, which has to be in the same organization.
    private func comparing(_ request: ReportRequest) throws -> ReportRequest {
        guard let token = request.comparisonToken else { return request }
        let other = try scope(named: token, in: request.scope.organization, kinds: [request.scope.kind])
        return request.comparing(with: Scope.Comparison(product: other.product, project: other.project))
    }
}
