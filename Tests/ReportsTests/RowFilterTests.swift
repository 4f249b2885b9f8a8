import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Reports

/// Filters with one meaning in every report, and columns in Mend's form, on both engines.
@Suite struct RowFilterTests {
    private static let rows = ReportCase.rows.filter { one in
        if case .tables = one.report.body { one.format == .json } else { false }
    }

    private func rows(
        _ type: String, _ key: String, _ fields: [String: [String]], _ fixture: InventoryFixture
    ) throws -> [[String: Any]] {
        var report = try #require(Self.rows.first { $0.type == type })
        report.fields = fields
        return try report.produce(fixture).parts().flatMap { try $0.rows(key) }
    }

    /// In capitals, for letters that every engine can change.
    private func shouted(_ text: String) -> String {
        String(text.map { $0.isASCII ? Character($0.uppercased()) : $0 })
    }

    private func text(_ value: Any?) -> String { value as? String ?? "" }

    /// A filter gives exactly the rows of the whole report that have the value.
    @Test(arguments: TemporaryDatabase.engines) func rowsWithTheValue(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let all = try rows("OrgVulnerabilityReport", "vulnerabilities", [:], fixture)
        #expect(!all.isEmpty)
        func library(_ row: [String: Any], _ key: String) -> String {
            text((row["library"] as? [String: Any])?[key])
        }
        let pairs: [(filter: String, value: ([String: Any]) -> String)] = [
            ("cve", { text($0["name"]) }), ("severity", { text($0["severity"]) }), ("product", { text($0["product"]) }),
            ("project", { text($0["project"]) }), ("library", { library($0, "filename") }),
            ("library", { library($0, "keyUuid") }),
        ]
        for (filter, value) in pairs {
            let values = Set(all.map(value)).subtracting([""])
            #expect(!values.isEmpty)
            for wanted in values.sorted().prefix(5) {
                let found = try rows("OrgVulnerabilityReport", "vulnerabilities", [filter: [shouted(wanted)]], fixture)
                #expect(found.count == all.filter { value($0) == wanted }.count, "\(filter) \(wanted)")
                #expect(found.allSatisfy { value($0) == wanted })
            }
        }
        // An alias finds its vulnerability; a part of a name does not.
        let aliased = try #require(all.first { !($0["aliases"] as? [String] ?? []).isEmpty })
        let alias = try #require((aliased["aliases"] as? [String])?.first)
        #expect(!(try rows("OrgVulnerabilityReport", "vulnerabilities", ["cve": [alias]], fixture)).isEmpty)
        for part in [String(alias.dropLast()), "%", "_" + alias.dropFirst()] {
            #expect(try rows("OrgVulnerabilityReport", "vulnerabilities", ["cve": [part]], fixture).isEmpty)
        }
        let licensed = try rows("OrgInventoryReport", "libraries", [:], fixture).filter {
            ($0["licenses"] as? [[String: Any]] ?? []).contains { text($0["name"]).lowercased() == "mit" }
        }
        #expect(!licensed.isEmpty)
        #expect(try rows("OrgInventoryReport", "libraries", ["license": ["mit"]], fixture).count == licensed.count)
    }

    /// Every report accepts each of its filters on both engines, and a value that no row has gives no rows.
    @Test(arguments: TemporaryDatabase.engines) func everyReportTakesThem(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let shared: Set = ["product", "project", "library", "license", "cve"]
        for report in Self.rows {
            for filter in report.report.filters {
                var one = report
                let isDate = filter.key == "fromDate" || filter.key == "toDate"
                guard shared.contains(filter.key) || isDate else { continue }
                one.fields[filter.key] = [filter.key == "toDate" ? "1990-01-01" : isDate ? "2990-01-01" : "no such"]
                #expect(try one.produce(fixture).produced.rows == 0, "\(report.type).\(filter.key)")
            }
        }
    }

    // MARK: Unknown filters, versions

    @Test func unknownFiltersAreNamed() throws {
        let scope = Scope(kind: .organization, organization: 1)
        func request(_ keys: [String], _ version: APIVersion = .newest) throws -> ReportRequest {
            try ReportRequest(
                type: "OrgInventoryReport", scope: scope, format: "json", fields: [:], filterKeys: keys,
                version: version)
        }
        let plain = try request([])
        #expect(plain.notes.isEmpty)
        #expect(try request(["includeinhousedata", "format", "Library"]) == plain)
        let odd = try request(["noSuchKey"])
        let note = try #require(odd.notes.first)
        #expect(
            note.contains("noSuchKey") && note.contains("includeInHouseData") && note.contains("OrgInventoryReport"))
        #expect(odd != plain)
        #expect(try ReportRequest(json: odd.json()) == odd)
        #expect(try ReportRequest.mayHaveNotes(json: odd.json()) && !ReportRequest.mayHaveNotes(json: plain.json()))
        let many = try request((0..<1000).map { "\($0)" + String(repeating: "x", count: 1000) })
        #expect(many.notes.count == 20 && many.notes.allSatisfy { $0.count < 600 })
        // The version is part of the request; earlier requests have none and count as the newest.
        #expect(try request([], .v13) != plain)
        #expect(try ReportRequest(json: request([], .v13).json()) == request([], .v13))
        #expect(try !plain.json().contains("version"))
    }

    @Test func organizationIsOrg() throws {
        #expect(Report.named("OrganizationInventoryReport", in: .organization)?.title == Report.inventory.title)
        #expect(Report.named("organizationvulnerabilityreport", in: .organization)?.title == Report.vulnerability.title)
        #expect(Report.named("OrganizationInventoryReport", in: .project) == nil)
        #expect(Report.scopes(of: "OrganizationSBOMReport") == [])
    }

    @Test(arguments: TemporaryDatabase.engines) func olderVersionsSayHigh(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.database.write { connection in
            _ = try connection.run(
                """
                UPDATE vulnerability SET severity = 'critical', severity3 = 'CRITICAL', severity4 = 'CRITICAL'
                WHERE severity = 'medium'
                """)
        }
        for report in Self.rows {
            let newest = try report.request(fixture.scope(report.scope))
            let older = try ReportRequest(
                type: report.type, scope: fixture.scope(report.scope), format: "json", fields: report.fields,
                version: .v13)
            let (one, two) = try (
                Output(Production(newest), on: fixture.database), Output(Production(older), on: fixture.database)
            )
            #expect(one.produced.rows == two.produced.rows)
            let texts = try two.parts().map { String(decoding: $0.bytes, as: UTF8.self) }
            for word in ["\"critical\"", "\"CRITICAL\""] {
                #expect(!texts.contains { $0.contains(word) }, "\(report.type) says \(word) on 1.3")
            }
        }
        let counts = try #require(Self.rows.first { $0.type == "OrgLibrarySecurityAlertsReport" })
        let request = try ReportRequest(
            type: counts.type, scope: fixture.scope(.organization), format: "json", fields: [:], version: .v13)
        let old = try Output(Production(request), on: fixture.database).parts().flatMap { try $0.rows("alerts") }
        let new = try counts.produce(fixture).parts().flatMap { try $0.rows("alerts") }
        func sum(_ rows: [[String: Any]], _ key: String) -> Int {
            rows.reduce(0) { $0 + (($1["severity"] as? [String: Any])?[key] as? Int ?? 0) }
        }
        #expect(sum(new, "critical") > 0)
        #expect(sum(old, "high") == sum(new, "high") + sum(new, "critical"))
    }

    // MARK: Licences

    /// The SQL of the profile agrees with the table of families for each licence of the list.
    @Test(arguments: TemporaryDatabase.engines) func profilesFollowTheFamilies(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let families = try LicenseList.spdx.licenses.map { license in
            (id: license.id, family: LicenseFamily(try #require(LicenseExpression(license.id)?.terms.first)))
        }
        let expected = Dictionary(
            uniqueKeysWithValues: families.map { ($0.id, (risk: $0.family?.riskWord, copyleft: $0.family?.copyleft)) })
        try fixture.database.write { connection in
            for (place, one) in families.enumerated() {
                _ = try connection.run(
                    """
                    INSERT INTO license (id, organization, spdx, name, url, type, risk_score, base, exception)
                    VALUES (\(1_000_001 + place), 1, \("list:" + one.id), \(one.id), '', 'Open Source',
                        \(one.family.map { Int64($0.riskScore) }), \(one.id), '')
                    """)
            }
        }
        let found = try fixture.database.read { connection in
            try connection.all(
                """
                SELECT n.base, \(SQL(LicenseSQL.copyrightRisk)), \(SQL(LicenseSQL.copyleft)), \(SQL(LicenseSQL.patentRisk)),
                    \(SQL(LicenseSQL.linking)), \(SQL(LicenseSQL.royaltyFree))
                FROM license n WHERE n.id > 1000000
                """
            ) { row in
                (
                    id: row.string(0), risk: row.isNull(1) ? nil : row.string(1),
                    copyleft: row.isNull(2) ? nil : row.string(2),
                    patents: row.isNull(3) ? nil : row.string(3)
                )
            }
        }
        #expect(found.count == expected.count)
        for one in found {
            #expect(one.risk == expected[one.id]?.risk, "\(one.id)")
            #expect(one.copyleft == expected[one.id]?.copyleft, "\(one.id)")
            #expect((one.patents == nil) == (one.risk == nil), "\(one.id)")
        }
        #expect(found.first { $0.id == "Apache-2.0" }?.patents == "ONE")
        #expect(found.first { $0.id == "MIT" }?.patents == "THREE")
    }

    // MARK: Coordinates

    /// docs/coordinates.md: outside of Maven the group is the package and the artifact the file.
    @Test(arguments: TemporaryDatabase.engines) func coordinates(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let found = try rows("OrgInventoryReport", "libraries", [:], fixture)
        func names(_ name: String) -> [String] {
            let row = found.first { $0["name"] as? String == name }
            return ["groupId", "artifactId", "version"].map { row?[$0] as? String ?? "absent" }
        }
        #expect(names("left-pad-1.3.0.tgz") == ["left-pad", "left-pad-1.3.0.tgz", "1.3.0"])
        #expect(names("core-7.20.12.tgz") == ["@babel/core", "core-7.20.12.tgz", "7.20.12"])
        #expect(names("guava-32.0.0-jre.jar") == ["com.google.guava", "guava", "32.0.0-jre"])
        #expect(names("serde-1.0.190.crate") == ["serde", "serde-1.0.190.crate", "1.0.190"])
        #expect(names("rails-7.0.4.gem") == ["rails", "rails-7.0.4.gem", "7.0.4"])
        #expect(names("requests-2.31.0.tar.gz") == ["requests", "requests-2.31.0.tar.gz", "2.31.0"])
        #expect(
            names("openssl_3.0.11-1~deb12u2_amd64.deb")
                == ["openssl", "openssl_3.0.11-1~deb12u2_amd64.deb", "3.0.11-1~deb12u2"])
        #expect(
            names("github.com/gorilla/mux-v1.8.0")
                == ["github.com/gorilla/mux", "github.com/gorilla/mux-v1.8.0", "v1.8.0"])
    }
}
