import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Decisions in the rows of vulnerabilities.
struct DecisionColumnTests {
    /// Mend's scripts ignore alerts in this way, without a reason.
    @Test(arguments: TemporaryDatabase.engines)
    func `Nobody is advised to upgrade what will not be fixed`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.database.write { connection in
            _ = try connection.run(
                """
                UPDATE alert SET state = 'IGNORED', decision = 'IGNORED', ignored_by = 1, reason = ''
                WHERE type = 'SECURITY_VULNERABILITY'
                """)
        }
        #expect(try fixture.database.read { try $0.integer("SELECT 1 FROM finding WHERE top_fix <> '' LIMIT 1") } == 1)
        let scope = try fixture.scope(.product)
        for (type, standard) in [
            ("ProductVEXReport", "OpenVEX"), ("ProductVEXReport", "CSAF"), ("ProductVEXReport", "CycloneDX"),
            ("ProductSBOMReport", "CycloneDX"),
        ] {
            let request = try ReportRequest(
                type: type, scope: scope, format: "json",
                fields: ReportRequest.withAllLevels(["standard": [standard]], of: type, in: .product))
            let text = try #require(Output(Production(request), on: fixture.database).parts().first).text
            let words = standard == "CycloneDX" ? "will_not_fix" : "No fix is planned."
            #expect(text.contains(words) && !text.contains("Upgrade "), "\(type) \(standard)")
        }
    }

    private func output(
        _ format: String, _ fields: [String: [String]], _ scope: Scope, _ fixture: InventoryFixture
    ) throws -> Output {
        let request = try ReportRequest(
            type: "OrgVulnerabilityReport", scope: scope, format: format, fields: fields)
        return try Output(Production(request), on: fixture.database)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What was decided stands beside the vulnerability`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.database.write { connection in
            _ = try connection.run(
                """
                UPDATE alert SET state = 'IGNORED', decision = 'IGNORED', ignored_by = 1, reason = 'not_affected'
                WHERE type = 'SECURITY_VULNERABILITY' AND uuid = (SELECT min(b.uuid) FROM alert b
                    WHERE b.type = 'SECURITY_VULNERABILITY' AND b.organization = 1)
                """)
        }
        let scope = try fixture.scope(.organization)
        func rows(_ fields: [String: [String]]) throws -> [[String: Any]] {
            try output("json", fields, scope, fixture).parts().flatMap {
                try $0.rows("vulnerabilities")
            }
        }
        let ignored = try rows(["status": ["ignored"]])
        #expect(!ignored.isEmpty)
        for row in ignored {
            #expect(row["status"] as? String == "Ignored")
            #expect((row["decision"] as? String)?.isEmpty == false)
        }
        for row in try rows(["status": ["active"]]) {
            #expect(row["status"] as? String == (row["decision"] == nil ? nil : "Active"))
        }
        #expect(try rows(["status": ["resolved"]]).allSatisfy { $0["status"] as? String == "Resolved" })
        let sheet = try output("csv", [:], scope, fixture).parts()
        let lines = try #require(sheet.first).text.split(whereSeparator: \.isNewline)
        #expect(lines.first?.hasSuffix("Status,Decision") == true)
        #expect(lines.count { $0.contains(",Ignored,") } == ignored.count)
    }
}
