import BOM
import Database

/// The advisories of the vulnerabilities that matching found in a scan, by occurrence; for SPDX 2. Two numbers for each
/// finding, and each advisory once.
struct FoundAdvisories {
    private var occurrences: [Int32] = []
    private var groups: [Int32] = []
    private var advisories: [[Advisory]] = []
    /// The most addresses of one vulnerability.
    private static let limit = 20

    init(of scan: Int64, wanted: BOMRequest, on connection: any Connection) throws {
        guard wanted.mentionsAdvisories else { return }
        var places: [Int64: Int32] = [:]
        try connection.each(
            """
            SELECT e.position, e.vulnerability FROM exposure e WHERE e.scan = \(scan) ORDER BY e.position, e.vulnerability
            """
        ) { row in
            let vulnerability = row.integer(1)
            if places[vulnerability] == nil {
                places[vulnerability] = Int32(advisories.count)
                advisories.append(try Self.advisories(of: vulnerability, on: connection))
            }
            occurrences.append(Int32(row.integer(0)))
            groups.append(places[vulnerability] ?? 0)
        }
    }

    private static func advisories(of vulnerability: Int64, on connection: any Connection) throws -> [Advisory] {
        try connection.first(
            """
            SELECT v.name, v.url, d.links FROM vulnerability v LEFT JOIN advisory d ON d.id = v.advisory
            WHERE v.id = \(vulnerability)
            """
        ) { row in
            let name = row.string(0)
            let links = SecurityLink.read(row.string(2)).map { Advisory(id: name, url: $0.url, kind: $0.kind) }
            var found = [Advisory(id: name, url: row.string(1))]
            for link in links.prefix(limit) where !found.contains(link) { found.append(link) }
            return found
        } ?? []
    }

    /// The advisories of an occurrence.
    subscript(occurrence: Int) -> [Advisory] {
        var (low, high) = (0, occurrences.count)
        while low < high {
            let middle = (low + high) / 2
            if occurrences[middle] < Int32(occurrence) { low = middle + 1 } else { high = middle }
        }
        var found: [Advisory] = []
        while low < occurrences.count, occurrences[low] == Int32(occurrence) {
            found += advisories[Int(groups[low])]
            low += 1
        }
        return found
    }
}

extension Component {
    /// Removes the references that concern vulnerabilities, by the words of both standards.
    mutating func dropSecurityReferences() {
        externalReferences.removeAll { reference in
            switch reference.kind {
            case "advisories", "exploitability-statement", "vulnerability-assertion", "SECURITY advisory",
                "SECURITY fix", "SECURITY url", "OTHER advisory", "OTHER fix", "OTHER url", "securityAdvisory",
                "securityFix", "vulnerabilityDisclosureReport", "vulnerabilityExploitabilityAssessment",
                "securityOther":
                true
            default: false
            }
        }
    }
}
