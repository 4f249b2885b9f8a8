import Bytes
package import Database
import Inventory

extension Basis {
    /// The most ecosystems that the sentence names, and the most gaps.
    private static let named = 8

    /// One line for people: how many components were looked up, and why others were not.
    package var sentence: String {
        if libraries == 0 { return "Not assessed: there are no components here." }
        let whole = "\(libraries) \(libraries == 1 ? "component" : "components")"
        guard isAssessed else {
            return "Not assessed: none of \(whole) could be looked up in advisories. \(rest)"
        }
        let places = ecosystems.sorted { ($1.libraries, $0.name) < ($0.libraries, $1.name) }
        let texts = places.prefix(Self.named).map { place in
            "\(place.name) (\(place.records) \(place.records == 1 ? "record" : "records"), newest "
                + "\(TimeText.date(place.newest)))"
        }
        let more = places.count > Self.named ? " and \(places.count - Self.named) more" : ""
        let looked = "\(matchable) of \(whole) looked up in advisories of \(texts.joined(separator: ", "))\(more)."
        return matchable == libraries ? looked : "\(looked) \(rest)"
    }

    /// The part of `sentence` about the components, without the advisories.
    package var coverage: String {
        guard libraries > 0, isAssessed else { return sentence }
        let looked = "\(matchable) of \(libraries) \(libraries == 1 ? "component" : "components") looked up."
        return matchable == libraries ? looked : "\(looked) \(rest)"
    }

    private var rest: String {
        let parts = MatchingObstacle.Kind.allCases.compactMap { kind -> String? in
            guard let count = unmatched[kind] else { return nil }
            return switch kind {
            case .noPackageURL: "\(count) without a package URL"
            case .noVersion: "\(count) without a version"
            case .versionNotOrdered: "\(count) with a version that has no place in the order of its ecosystem"
            case .unknownDistribution: "\(count) of a distribution or release that is not known"
            case .noAdvisories:
                "\(count) of ecosystems without advisories ("
                    + gaps.prefix(Self.named).map(\.name).joined(separator: ", ")
                    + (gaps.count > Self.named ? " and \(gaps.count - Self.named) more" : "") + ")"
            }
        }
        return "Not looked up: \(parts.joined(separator: "; "))."
    }
}

extension Report {
    /// The notes beside the tables of a spreadsheet or a PDF: the basis of the verdict, where the report gives one.
    func notes(for request: ReportRequest, on connection: any Connection) throws -> [String] {
        guard isVerdict, request.format.isForPeople else { return [] }
        return [try Basis.read(request.scope, on: connection).sentence]
    }
}

extension ReportRequest {
    /// The texts of the report that can change while the revision of its scope stays the same. They are part of the key that
    /// finds a report which was made before.
    package func notes(on connection: any Connection) throws -> [String] {
        let report = try report()
        return try report.notes(for: self, on: connection) + remarks(of: report, on: connection)
    }
}
