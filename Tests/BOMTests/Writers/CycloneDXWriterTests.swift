import BOM
import Foundation
import Testing

@Suite struct CycloneDXWriterTests {
    /// The document as JSON objects.
    private func tree(_ version: CycloneDXVersion) throws -> [String: Any] {
        let bytes = try WriterSample.full.cycloneDX(version)
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }
    private func list(_ object: [String: Any]?, _ key: String) -> [[String: Any]] {
        object?[key] as? [[String: Any]] ?? []
    }

    @Test func `head and metadata`() throws {
        let bom = try tree(.v15)
        #expect(bom["specVersion"] as? String == "1.5")
        #expect(bom["serialNumber"] as? String == WriterSample.serial)
        let metadata = try #require(bom["metadata"] as? [String: Any])
        #expect(metadata["timestamp"] as? String == "2026-01-02T01:04:05Z")
        #expect((metadata["component"] as? [String: Any])?["bom-ref"] as? String == "root")
        let tools = list(metadata["tools"] as? [String: Any], "components")
        #expect(tools.first?["name"] as? String == "Waybill" && tools.first?["version"] as? String == "1.0")
        let old = list(try tree(.v14)["metadata"] as? [String: Any], "tools")
        #expect(old.first?["name"] as? String == "Waybill")
    }

    @Test func `components nest, repeated references are told apart`() throws {
        let components = list(try tree(.v15), "components")
        #expect(components.count == 5, "two nested, one service, the root is elsewhere")
        let slug = try #require(components.first { $0["bom-ref"] as? String == "slug" })
        let inner = try #require(list(slug, "components").first)
        #expect(inner["bom-ref"] as? String == "inner")
        #expect(list(inner, "components").first?["bom-ref"] as? String == "innermost")
        #expect(components.contains { $0["bom-ref"] as? String == "slug#2" })
        #expect(list(try tree(.v15), "services").first?["bom-ref"] as? String == "service")
    }

    @Test(arguments: CycloneDXVersion.allCases)
    func `every component has licences, an expression stands alone`(version: CycloneDXVersion) throws {
        var looked = 0
        func check(_ components: [[String: Any]]) {
            for component in components {
                looked += 1
                let licenses = component["licenses"] as? [[String: Any]]
                #expect(licenses != nil, "\(component["name"] ?? "")")
                let hasExpression = licenses?.contains { $0["expression"] != nil } ?? false
                #expect(!hasExpression || licenses?.count == 1)
                check(list(component, "components"))
            }
        }
        check(list(try tree(version), "components"))
        #expect(looked >= 4)
    }

    @Test func `licences are mended or named`() throws {
        let components = list(try tree(.v14), "components")
        func licenses(_ ref: String) -> [[String: Any]] {
            list(components.first { $0["bom-ref"] as? String == ref }, "licenses")
        }
        let slug = licenses("slug").compactMap { $0["license"] as? [String: Any] }
        #expect(slug.map { $0["id"] as? String } == ["BSD-3-Clause", nil])
        #expect(slug.last?["name"] as? String == "My Licence")
        #expect((slug.last?["text"] as? [String: Any])?["content"] as? String == "Be kind.")
        let twin = licenses("slug#2").compactMap { $0["license"] as? [String: Any] }
        #expect(twin.first?["name"] as? String == "MIT AND (GPLv2+ OR ???", "what is no expression is a name")
        let other = licenses("component").compactMap { ($0["license"] as? [String: Any])?["name"] as? String }
        #expect(
            other.first
                == "Apache-2.0+ AND LicenseRef-x-y AND GPL-2.0-only WITH Classpath-exception-2.0"
        )
    }

    @Test func `older versions lack what came later`() throws {
        let four = try tree(.v14)
        func component(_ bom: [String: Any]) -> [String: Any]? { list(bom, "components").first }
        #expect((component(four)?["evidence"] as? [String: Any])?["occurrences"] == nil)
        let five = try tree(.v15)
        #expect(list(component(five)?["evidence"] as? [String: Any], "occurrences").count == 1)
        #expect(component(five)?["manufacturer"] == nil)
        #expect(component(try tree(.v16))?["manufacturer"] != nil)
        func methods(_ bom: [String: Any]) -> [String?] {
            list(list(bom, "vulnerabilities").first, "ratings").map { $0["method"] as? String }
        }
        #expect(methods(four) == ["other", "CVSSv31", "other"])
        #expect(methods(five) == ["CVSSv4", "CVSSv31", "other"])
    }

    @Test func `every reference resolves, one entry for each`() throws {
        let bom = try tree(.v16)
        var known = Set(["root"])
        func collect(_ components: [[String: Any]]) {
            for component in components {
                if let ref = component["bom-ref"] as? String { #expect(known.insert(ref).inserted) }
                collect(list(component, "components"))
            }
        }
        collect(list(bom, "components"))
        collect(list(bom, "services"))
        let entries = list(bom, "dependencies")
        #expect(Set(entries.compactMap { $0["ref"] as? String }).count == entries.count)
        for entry in entries {
            #expect(known.contains(entry["ref"] as? String ?? ""))
            let targets = entry["dependsOn"] as? [String] ?? []
            #expect(Set(targets).count == targets.count && known.isSuperset(of: targets))
        }
        let affects = list(list(bom, "vulnerabilities").first, "affects")
        #expect(affects.map { $0["ref"] as? String } == ["pkg:maven/org.example/dates@2.4"])
    }

    /// The schema requires unique items, but real generators write 300 equal vulnerabilities.
    @Test func `equal vulnerabilities and tools are told apart`() throws {
        var sample = WriterSample.full
        sample.document.tools = ["a", "a", "b"]
        sample.vulnerabilities += [sample.vulnerabilities[0], VulnerabilityClaim(id: "X"), VulnerabilityClaim(id: "X")]
        let object = try JSONSerialization.jsonObject(with: Data(try sample.cycloneDX(.v15)))
        let bom = try #require(object as? [String: Any])
        let refs = list(bom, "vulnerabilities").compactMap { $0["bom-ref"] as? String }
        #expect(refs == ["hole", "hole#2", "vulnerability:X", "vulnerability:X#2"])
        let tools = list((bom["metadata"] as? [String: Any])?["tools"] as? [String: Any], "components")
        #expect(tools.compactMap { $0["name"] as? String } == ["Waybill", "a", "b"])
    }

    @Test func `losses are counted`() throws {
        var writer = CycloneDXWriter<JSONTree>(version: .v15, tool: BOMTool(version: "1.0"))
        _ = try WriterSample.full.write(with: &writer, namespace: WriterSample.serial)
        #expect(writer.losses[.unresolvedEdge] == 2)
        #expect(writer.losses[.repeatedEdges] == 1)
        #expect(writer.losses[.purl] == 1)
        #expect(writer.losses[.affected] == 2)
        #expect(writer.losses[.time] == 2)
        #expect(writer.losses[.hash] == 2)
    }

    @Test func `what cannot be mended is refused`() {
        var sample = WriterSample()
        #expect(throws: (any Error).self) { try sample.cycloneDX(.v15) }
        sample.document.created = "2026-01-02T03:04:05Z"
        var writer = CycloneDXWriter<JSONTree>(version: .v15, tool: BOMTool(version: "1.0"))
        #expect(throws: (any Error).self) { try sample.write(with: &writer, namespace: "urn:uuid:no") }
    }

    @Test func `a serial number follows from a digest`() {
        let digest = [UInt8](0..<20)
        #expect(BOMIdentifier.serialNumber(digest: digest) == "urn:uuid:00010203-0405-8607-8809-0a0b0c0d0e0f")
        #expect(BOMIdentifier.serialNumber(digest: []) == nil)
    }
}
