import Database
import Foundation
import Intake
import Jobs
import TestSupport
import Testing

@Suite struct SharedSBOMTests {
    private struct Expected: Decodable {
        var file: String
        var ok: Bool
        var format: String?
        var components: Int?
        var distinctComponents: Int?
        var distinctPurls: Int?
    }

    /// The made-up documents have the same libraries in every syntax: all components except the application itself. Twins
    /// are one library.
    @Test func `Every made document imports with its libraries`() throws {
        let bench = try Workbench()
        for line in try TestData.lines("sboms/expected.jsonl") {
            let expected = try Self.decoder.decode(Expected.self, from: Data(line.utf8))
            let path = TestData.path("sboms/\(expected.file)")
            if expected.ok {
                let libraries = try bench.sbom(file: path, project: expected.file).libraries
                // CycloneDX also has the service of the garden.
                let garden = expected.file.contains(".cdx.") ? 7 : 6
                let others = expected.file.hasPrefix("twins") ? 2 : expected.components
                let wanted = expected.file.hasPrefix("garden") ? garden : others
                #expect(libraries == wanted, "\(expected.file)")
            } else {
                #expect(throws: (any Error).self, "\(expected.file)") {
                    try bench.sbom(file: path, project: expected.file)
                }
            }
        }
    }

    private static let decoder = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }()

    private static let shared = TestData.shared("data")

    @Test(.enabled(if: shared != nil, "needs ../shared/data"))
    func `Every JSON document of the test data imports with as many libraries as others count`() throws {
        let folder = try #require(Self.shared)
        let bench = try Workbench()
        var count = 0
        for line in try TestData.lines(of: "\(folder)/expected/sbom-content.jsonl") {
            let expected = try Self.decoder.decode(Expected.self, from: Data(line.utf8))
            guard let format = expected.format, format.hasSuffix("json") else { continue }
            let path = "\(folder)/sboms/\(expected.file)"
            let result: Intake.Result
            do {
                result = try bench.sbom(
                    file: path, project: expected.file.replacingOccurrences(of: "/", with: "_"))
            } catch {
                // A specification's own counter-examples may be refused.
                let isCounterExample = expected.file.contains("/invalid-")
                #expect(
                    !expected.ok || (expected.components ?? 0) == 0 || isCounterExample, "\(expected.file): \(error)")
                continue
            }
            count += 1
            // Others count entries, or only package URLs.
            let wanted = [
                expected.components, expected.distinctComponents, expected.distinctPurls, try Self.named(in: path),
            ].compactMap { $0 }.filter { $0 > 0 }
            // For other readers, the component that an SPDX document describes is a package; here it is the project.
            let agrees = (wanted.isEmpty ? [0] : wanted).contains { wanted in
                [result.libraries, result.libraries + 1].contains {
                    abs(Double($0 - wanted)) <= max(2, Double(wanted) * 0.02)
                }
            }
            #expect(agrees, "\(expected.file): \(result.libraries) libraries, expected one of \(wanted)")
        }
        #expect(count > 100)
    }

    /// The number of packages in a document: by package URL without qualifiers, otherwise by group, name and version.
    private static func named(in path: String) throws -> Int? {
        let whole = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
        guard let document = whole as? [String: Any] else { return nil }
        var names: Set<String> = []
        func add(_ purl: String?, _ parts: [Any?]) {
            let purl = purl.map { $0.prefix { $0 != "?" } } ?? ""
            names.insert(purl.isEmpty ? parts.map { "\($0 ?? "")" }.joined(separator: "\n") : String(purl))
        }
        func visit(_ components: Any?) {
            for component in components as? [[String: Any]] ?? [] {
                add(
                    component["purl"] as? String,
                    [component["group"], component["name"], component["version"] ?? component["hashes"]])
                visit(component["components"])
            }
        }
        visit(document["components"])
        for package in document["packages"] as? [[String: Any]] ?? [] {
            let references = package["externalRefs"] as? [[String: Any]] ?? []
            let purl = references.first { $0["referenceType"] as? String == "purl" }
            add(purl?["referenceLocator"] as? String, [package["name"], package["versionInfo"]])
        }
        return names.count
    }
}
