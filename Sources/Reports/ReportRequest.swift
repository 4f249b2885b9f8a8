package import Bytes
package import Database
import FoundationEssentials
import Glibc

/// The reason why a report cannot be requested in this way. The text contains the field, the value and the accepted
/// values.
package enum ReportError: Error, Equatable, CustomStringConvertible {
    case unknownType(String, scope: ScopeKind)
    case typeOfOtherScope(String, scope: ScopeKind, offered: [ScopeKind])
    case formatNotOffered(String, by: String, offered: [Format])
    case badValue(String, of: String, accepted: String)
    case missing(String, accepted: String)
    /// This version cannot read the stored request.
    case unreadable(String)

    package var description: String {
        switch self {
        case .unknownType(let type, let scope):
            """
            reportType \(type) is not known; \(Report.nearest(to: type, in: scope).map { "did you mean \($0)? Types" } ?? "types") \
            in the scope \(scope.rawValue): \(Report.catalog.compactMap { $0.name.types[scope] }.sorted().joined(separator: ", "))
            """
        case .typeOfOtherScope(let type, let scope, let offered):
            """
            reportType \(type) does not exist in the scope \(scope.rawValue); ask for it in the scope \
            \(offered.map(\.rawValue).joined(separator: " or "))
            """
        case .formatNotOffered(let format, let type, let offered):
            "\(type) has no format \(format); it offers \(offered.map(\.rawValue).joined(separator: ", "))"
        case .badValue(let value, let key, let accepted):
            "\(key) has the value \(value.count > 100 ? "\(value.prefix(100))…" : value); accepted: \(accepted)"
        case .missing(let key, let accepted): "\(key) is missing; accepted: \(accepted)"
        case .unreadable(let why): "the stored request cannot be read: \(why)"
        }
    }
}

extension ReportError: Blaming {
    package var blame: Blame { .request }
}

/// A request that was checked against the catalog. A job stores it.
package struct ReportRequest: Sendable, Equatable {
    /// The type in the catalog's spelling.
    package let type: String
    package private(set) var scope: Scope
    package let format: Format
    /// Checked filter values by the lower-case key: words in lower case, flags `true` or `false`, times in
    /// milliseconds, texts unchanged.
    package let options: [String: [String]]
    /// The version of the API that the request used; the newest for requests from other doors.
    package let version: APIVersion
    /// Filter keys of the client that the report does not know, in the client's spelling.
    package let unknownFilters: [String]
    /// The format that the client requested, if the report exists only in another format and is made in that one;
    /// otherwise nil.
    package let otherFormat: Format?

    /// The most unknown keys that a request keeps, and the most characters of a key.
    private static let unknownLimits = (keys: 20, characters: 100)

    /// Checks a request.
    ///
    /// - Parameters:
    ///   - fields: the filter's keys and values as texts; a list gives several values; unknown keys are ignored.
    ///   - filterKeys: the keys that the client called filters; keys that the report does not know become a note.
    package init(
        type: String, scope: Scope, format: String?, fields: [String: [String]], filterKeys: [String] = [],
        version: APIVersion = .newest
    ) throws(ReportError) {
        guard let report = Report.named(type, in: scope.kind), let name = report.name.types[scope.kind] else {
            let offered = Report.scopes(of: type)
            throw offered.isEmpty
                ? .unknownType(type, scope: scope.kind)
                : .typeOfOtherScope(type, scope: scope.kind, offered: offered)
        }
        try self.init(
            report, named: name, scope: scope, format: format, fields: fields, filterKeys: filterKeys, version: version)
    }

    /// Checks a request for a report outside of the catalog.
    package init(
        _ report: Report, scope: Scope, format: String?, fields: [String: [String]], version: APIVersion = .newest
    ) throws(ReportError) {
        try self.init(
            report, named: report.name.types[scope.kind] ?? report.name.word, scope: scope, format: format,
            fields: fields, filterKeys: [], version: version)
    }

    private init(
        _ report: Report, named name: String, scope: Scope, format: String?, fields: [String: [String]],
        filterKeys: [String], version: APIVersion
    ) throws(ReportError) {
        type = name
        self.version = version
        unknownFilters = Self.unknown(filterKeys, to: report, in: scope.kind)
        self.scope = scope
        var lowered: [String: [String]] = [:]
        for (key, values) in fields { lowered[key.lowercased()] = values }
        var options: [String: [String]] = [:]
        for filter in report.filters {
            guard let given = lowered[filter.key.lowercased()] else { continue }
            let values = try filter.check(given)
            if !values.isEmpty { options[filter.key.lowercased()] = values }
        }
        if report.isComparison { try Self.takeComparison(lowered, scope.kind, &options) }
        self.format = try Self.format(format, report: report, name: name, options: &options)
        let asked = format.flatMap { Format(rawValue: $0.lowercased()) }
        if case .risk = report.body, let asked, asked != self.format { otherFormat = asked } else { otherFormat = nil }
        self.options = options
    }

    // MARK: All levels

    /// The fields, completed by all levels of the dependency tree if the report has levels and the fields name none. This is
    /// for doors that people use. The API keeps Mend's default, which is the top level only.
    package static func withAllLevels(
        _ fields: [String: [String]], of type: String, in kind: ScopeKind
    ) -> [String: [String]] {
        guard let report = Report.named(type, in: kind), case .bom = report.body,
            let key = report.filters.first(where: { $0.key == "maxDepthLevel" })?.key,
            !fields.keys.contains(where: { $0.lowercased() == key.lowercased() })
        else { return fields }
        return fields.merging([key: ["\(BOMRequest.deepest)"]]) { $1 }
    }

    // MARK: Unknown filters

    private static func unknown(_ keys: [String], to report: Report, in kind: ScopeKind) -> [String] {
        var known = Set(report.filters.map { $0.key.lowercased() })
        known.insert("format")
        if report.isComparison { known.formUnion(Report.comparisonAliases(kind).map { $0.lowercased() }) }
        let unknown = keys.filter { !known.contains($0.lowercased()) }
        return unknown.prefix(unknownLimits.keys).map { String($0.prefix(unknownLimits.characters)) }
    }

    /// Notes for the client: filters that were not used, or a format that does not exist.
    package var notes: [String] {
        var notes: [String] = []
        if let otherFormat {
            notes.append("format \(otherFormat.rawValue) was not used: \(type) is made as \(format.rawValue) alone")
        }
        guard !unknownFilters.isEmpty, let report = try? report() else { return notes }
        let known = report.filters.map(\.key).sorted().joined(separator: ", ")
        for key in unknownFilters {
            notes.append(
                "filter.\(key) was not used: \(type) does not know it; it knows \(known.isEmpty ? "no filter" : known)")
        }
        return notes
    }

    // MARK: Comparing

    /// Stores the token of the other side under its first name, whichever name the client used.
    private static func takeComparison(
        _ fields: [String: [String]], _ kind: ScopeKind, _ options: inout [String: [String]]
    ) throws(ReportError) {
        let names = Report.comparisonAliases(kind)
        for name in names { options[name.lowercased()] = nil }
        for name in names {
            if let token = fields[name.lowercased()]?.first?.trimmingBlanks(), !token.isEmpty {
                options[names[0].lowercased()] = [token.lowercased()]
                return
            }
        }
        throw .missing(names[0], accepted: "the token of the \(kind.rawValue) to compare with")
    }

    /// The token of the other side of a comparison, which authorization must look up (`comparing`); nil for other reports.
    package var comparisonToken: String? {
        options[Report.comparisonAliases(scope.kind)[0].lowercased()]?.first
    }

    /// The same request with the other side that its token names.
    package func comparing(with other: Scope.Comparison) -> ReportRequest {
        var request = self
        request.scope.comparison = other
        return request
    }

    /// The same request for a user who may see only these products; nil for all products.
    package func showing(products: [Int64]?) -> ReportRequest {
        var request = self
        request.scope = Scope(
            kind: scope.kind, organization: scope.organization, product: scope.product, project: scope.project,
            visibleProducts: products)
        request.scope.comparison = scope.comparison
        return request
    }

    private static func format(
        _ text: String?, report: Report, name: String, options: inout [String: [String]]
    ) throws(ReportError) -> Format {
        var offered = report.formats
        if case .bom = report.body {
            offered = try BOMRequest.complete(&options)
        }
        if case .vex = report.body { offered = try VEXRequest.complete(&options) }
        if case .attribution = report.body, let wanted = options["exportformat"]?.first,
            let format = Format(rawValue: wanted)
        {
            return format
        }
        guard let text, !text.isEmpty else { return offered[0] }
        let format = Format(rawValue: text.lowercased())
        // Clients request the report in their usual format; a note of the answer names the actual format.
        if case .risk = report.body, format != nil { return offered[0] }
        guard let format, offered.contains(format) else {
            throw .formatNotOffered(text, by: name, offered: offered)
        }
        return format
    }

    /// The filters that narrow a report, in words for its reader: `severity: critical, high`. The other side of a comparison is none:
    /// its token says nothing to a reader.
    func shownFilters(of report: Report) -> [String] {
        let hidden = report.isComparison ? Report.comparisonAliases(scope.kind) : []
        return report.filters.filter { !hidden.contains($0.key) }.compactMap { filter in
            guard let values = options[filter.key.lowercased()] else { return nil }
            let shown =
                switch filter.kind {
                case .time, .endTime: values.map { TimeText.time(Int64($0) ?? 0) }
                case .flag, .choice, .list, .integer, .share, .text, .texts, .names: values
                }
            return "\(filter.key): \(shown.joined(separator: ", "))"
        }
    }

    /// The requested report.
    package func report() throws(ReportError) -> Report {
        guard let report = Report.named(type, in: scope.kind) else {
            throw .unknownType(type, scope: scope.kind)
        }
        return report
    }

    // MARK: As JSON

    private struct Stored: Codable {
        let type: String
        let format: String
        let kind: String
        let organization: Int64
        let product: Int64
        let project: Int64
        let visible: [Int64]?
        let comparison: Scope.Comparison?
        let options: [String: [String]]
        /// Absent for the newest version, and in requests that were stored before versions differed.
        let version: APIVersion?
        /// Absent when the report knows all keys.
        let unknown: [String]?
        /// Absent when the format is the requested one.
        let otherFormat: Format?
    }

    /// Whether a stored request may have `notes`; decided without parsing the request. Each poll asks, so bytes are
    /// searched, not characters.
    package static func mayHaveNotes(json: String) -> Bool {
        strstr(json, "\"unknown\":") != nil || strstr(json, "\"otherFormat\":") != nil
    }

    /// The request as JSON with sorted keys: equal requests are equal texts. `Codable` both writes and reads it, so that
    /// both directions share one list of members.
    package func json() throws(ReportError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let stored = Stored(
            type: type, format: format.rawValue, kind: scope.kind.rawValue, organization: scope.organization,
            product: scope.product, project: scope.project, visible: scope.visibleProducts,
            comparison: scope.comparison,
            options: options, version: version == .newest ? nil : version,
            unknown: unknownFilters.isEmpty ? nil : unknownFilters, otherFormat: otherFormat)
        do {
            return String(decoding: try encoder.encode(stored), as: UTF8.self)
        } catch {
            throw .unreadable("\(error)")
        }
    }

    package init(json: String) throws(ReportError) {
        let stored: Stored
        do {
            stored = try JSONDecoder().decode(Stored.self, from: Data(json.utf8))
        } catch {
            throw .unreadable("\(error)")
        }
        guard let kind = ScopeKind(rawValue: stored.kind), let format = Format(rawValue: stored.format) else {
            throw .unreadable("scope \(stored.kind), format \(stored.format)")
        }
        type = stored.type
        scope = Scope(
            kind: kind, organization: stored.organization, product: stored.product, project: stored.project,
            visibleProducts: stored.visible)
        scope.comparison = stored.comparison
        self.format = format
        options = stored.options
        version = stored.version ?? .newest
        unknownFilters = stored.unknown ?? []
        otherFormat = stored.otherFormat
    }
}

extension Filter {
    /// The values in their checked form; none for null or an empty text.
    func check(_ given: [String]) throws(ReportError) -> [String] {
        let given = given.map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
        guard let first = given.first else { return [] }
        switch kind {
        case .flag, .choice, .time, .endTime, .share, .text:
            // With several values, one would be used and the others silently lost.
            guard given.allSatisfy({ $0.lowercased() == first.lowercased() }) else {
                throw .badValue(given.joined(separator: ", "), of: key, accepted: "one value")
            }
        case .list, .integer, .texts, .names: break
        }
        switch kind {
        case .flag:
            let word = first.lowercased()
            guard word == "true" || word == "false" else {
                throw .badValue(first, of: key, accepted: "true, false")
            }
            return [word]
        case .choice(let words):
            guard let word = words.first(where: { $0.lowercased() == first.lowercased() }) else {
                throw .badValue(first, of: key, accepted: words.joined(separator: ", "))
            }
            return [word.lowercased()]
        case .list(let words):
            var found: [String] = []
            for value in given.flatMap({ $0.split(separator: ",") }).map({ String($0).trimmingBlanks() }) {
                guard let word = words.first(where: { $0.lowercased() == value.lowercased() }) else {
                    throw .badValue(value, of: key, accepted: words.joined(separator: ", "))
                }
                if !found.contains(word.lowercased()) { found.append(word.lowercased()) }
            }
            return found.sorted()
        case .time, .endTime:
            guard let milliseconds = TimeText.milliseconds(first) else {
                throw .badValue(first, of: key, accepted: "yyyy-MM-dd or yyyy-MM-dd HH:mm:ss (UTC)")
            }
            guard case .endTime = kind else { return [String(milliseconds)] }
            let isDay = first.utf8.count == "yyyy-MM-dd".utf8.count
            return [String(milliseconds - milliseconds % 1000 + (isDay ? 86_399_999 : 999))]
        case .integer(let range):
            guard given.count == 1, let number = NumberText.whole(first, in: range) else {
                throw .badValue(given.joined(separator: ", "), of: key, accepted: NumberText.accepted(range))
            }
            return [String(number)]
        case .share:
            guard let number = NumberText.decimal(first, in: 0...1) else {
                throw .badValue(first, of: key, accepted: "a number from 0 to 1")
            }
            return ["\(number)"]
        case .text: return [first]
        case .texts: return try several(given)
        case .names: return try several(given.flatMap { $0.split(separator: ",") }.map { String($0).trimmingBlanks() })
        }
    }

    /// The most values in one filter.
    private static let severalLimit = 100

    private func several(_ values: [String]) throws(ReportError) -> [String] {
        let values = Set(values.filter { !$0.isEmpty })
        guard values.count <= Self.severalLimit else {
            throw .badValue("\(values.count) values", of: key, accepted: "at most \(Self.severalLimit) values")
        }
        return values.sorted()
    }
}
