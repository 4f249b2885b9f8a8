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

    /// If a library has several versions, it is unknown which replaced which: the report has all that differ, and none that
    /// both sides have.
    @Test(arguments: Engine.allCases) func severalVersionsAreRowsOfTheirOwn(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let old = try world.inventory.importSBOM(
            document("left@7.2.3", "left@7.1.7", "same@1.0.0", "both@9", "both@10", "swap@1", "swap@2"), project: "old")
        let new = try world.inventory.importSBOM(
            document("left@7.1.3", "same@1.0.0", "same@0.9.0", "both@10", "both@11", "swap@2", "swap@1"), project: "new"
        )
        let fields: [String: Any] = [
            "projectToken": old.projectToken, "compareProjectToken": new.projectToken, "format": "json",
        ]
        let answer = try await world.call("getProjectDiffReport", fields)
        let libraries = try #require(answer["libraries"] as? [[String: Any]])
        let said = libraries.map { library in
            ["library", "action", "previousVersion"].map { library[$0] as? String ?? "" }.joined(separator: " ")
        }
        #expect(
            said.sorted() == [
                "both-11.tgz CHANGED 9", "left-7.1.3.tgz ADDED ", "left-7.1.7.tgz REMOVED ", "left-7.2.3.tgz REMOVED ",
                "same-0.9.0.tgz ADDED ",
            ])
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
