import Database
import Foundation
import Intake
import TestSupport
import Testing

@testable import API

/// Comparisons of products and projects: reports.md §15.1.
struct ComparisonTests {
    private func document(_ parts: String...) -> String {
        let components = parts.map { part in
            let pair = part.split(separator: "@")
            return #"{"type":"library","bom-ref":"\#(part)","name":"\#(pair[0])","version":"\#(pair[1])","#
                + #""purl":"pkg:npm/\#(part)","licenses":[{"license":{"id":"MIT"}}]}"#
        }
        return #"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":["#
            + components.joined(separator: ",") + "]}"
    }

    @Test(arguments: Engine.allCases) func addedRemovedAndChanged(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let old = try world.inventory.importSBOM(
            document("same@1", "gone@1", "up@1", "two@1", "two@2"), project: "old")
        let new = try world.inventory.importSBOM(document("same@1", "new@1", "up@2", "two@2"), project: "new")
        for name in ["compareProjectToken", "targetToken", "otherProjectToken"] {
            let fields: [String: Any] = ["projectToken": old.projectToken, name: new.projectToken, "format": "json"]
            let answer = try await world.call("getProjectDiffReport", fields)
            let libraries = try #require(answer["libraries"] as? [[String: Any]])
            let said = libraries.map { library in
                ["library", "action", "previousVersion"].map { library[$0] as? String ?? "" }.joined(separator: " ")
            }
            #expect(
                said.sorted() == [
                    "gone-1.tgz REMOVED ", "new-1.tgz ADDED ", "two-1.tgz REMOVED ", "up-2.tgz CHANGED 1",
                ])
            let licenses = try #require(answer["licenseOccurrences"] as? [[String: Any]])
            #expect(licenses.map { $0["sourceOccurrences"] as? Int } == [5])
            #expect(licenses.map { $0["targetOccurrences"] as? Int } == [4])
        }
    }

    @Test func theOtherSideHasToBeSeen() async throws {
        let world = try ManagedWorld(.sqlite)
        let (project, foreign) = try (world.token(.project), world.token(.project, organization: 2))
        let absent = try await world.call("getProjectDiffReport", ["projectToken": project])
        #expect(absent["errorCode"] as? Int == 3010)
        #expect((absent["errorMessage"] as? String)?.contains("compareProjectToken") == true)
        for token in [foreign, "x", try world.token(.product)] {
            for (request, fields) in [
                ("getProjectDiffReport", [:]),
                ("generateProjectReportAsync", ["reportType": "ProjectDiffReport", "filter": ["targetToken": token]]),
            ] as [(String, [String: Any])] {
                let answer = try await world.call(
                    request, fields.merging(["projectToken": project, "compareProjectToken": token]) { $1 })
                #expect(answer["errorCode"] as? Int == 5001, "\(request) \(answer)")
            }
        }
    }
}
