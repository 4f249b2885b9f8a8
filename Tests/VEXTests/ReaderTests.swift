import BOM
import Foundation
import Inventory
import Testing
import VEX

@Suite struct ReaderTests {
    // MARK: OpenVEX (openvex/spec, OPENVEX-SPEC.md)

    @Test func `OpenVEX says what it says of itself and of each product`() throws {
        let kept = try Kept.read(
            openVEX(
                """
                {"vulnerability":{"@id":"https://example.org/CVE-2024-1","name":"CVE-2024-1","aliases":["GHSA-x"]},
                 "products":[{"@id":"pkg:oci/app@1","subcomponents":[{"@id":"pkg:npm/a@1"},{"@id":"pkg:npm/b@2"}]}],
                 "status":"not_affected","justification":"inline_mitigations_already_exist","impact_statement":"A proxy."},
                {"vulnerability":{"name":"CVE-2024-2"},"products":[{"@id":"x","identifiers":{"purl":"pkg:npm/c@3"},
                 "hashes":{"sha-256":"\(String(repeating: "AB", count: 32))"}}],"status":"affected",
                 "action_statement":"Update.","timestamp":"2024-07-01T00:00:00Z"}
                """))
        #expect(kept.head?.author == "Example" && kept.head?.identifier == "urn:x:1" && kept.head?.version == "3")
        #expect(kept.head?.time == 1_717_200_000_000)
        #expect(
            kept.statements.map(\.line) == [
                "CVE-2024-1 not_affected protected_by_mitigating_control: pkg:npm/a@1 in pkg:oci/app@1, "
                    + "pkg:npm/b@2 in pkg:oci/app@1", "CVE-2024-2 exploitable: x",
            ])
        #expect(kept.statements[0].vulnerability.aliases == ["GHSA-x"])
        #expect(kept.statements[0].impact == "A proxy." && kept.statements[1].action == "Update.")
        #expect(kept.statements[1].lastUpdated == 1_719_792_000_000)
        let product = try #require(kept.statements[1].targets.first?.product)
        #expect(product.purl?.text == "pkg:npm/c@3" && product.digests == [String(repeating: "ab", count: 32)])
    }

    @Test func `The plain texts of OpenVEX 0_0_x are read`() throws {
        let kept = try Kept.read(
            """
            {"@context":"https://openvex.dev/ns","author":"a","timestamp":"2023-01-08T18:02:03Z","version":"1","statements":[
            {"vulnerability":"CVE-1","products":["pkg:apk/wolfi/git@2"],"subcomponents":["pkg:npm/x@1"],"status":"fixed"}]}
            """)
        #expect(kept.statements.map(\.line) == ["CVE-1 resolved: pkg:npm/x@1 in pkg:apk/wolfi/git@2"])
    }

    @Test(arguments: [
        (#"{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"p"}],"status":"harmless"}"#, "harmless"),
        (#"{"vulnerability":{"name":"CVE-1"},"products":[{"@id":"p"}]}"#, "no status"),
        (#"{"vulnerability":{"name":"CVE-1"},"status":"fixed"}"#, "no product"),
        (#"{"products":[{"@id":"p"}],"status":"fixed"}"#, "no vulnerability"),
        (
            #"{"vulnerability":{"name":"C"},"products":[{"@id":"p"}],"status":"not_affected","justification":"luck"}"#,
            "luck"
        ),
    ])
    func `A statement that cannot be applied says why, and the others stay`(bad: String, reason: String) throws {
        let good = #"{"vulnerability":{"name":"CVE-9"},"products":[{"@id":"pkg:npm/x@1"}],"status":"fixed"}"#
        let kept = try Kept.read(openVEX("\(bad),\(good)"))
        #expect(kept.statements.count == 2 && kept.statements[1].fault == nil)
        #expect(kept.statements[0].fault?.contains(reason) == true, "\(kept.statements[0].fault ?? "")")
    }

    @Test func `Contradictions are taken out, and a later statement is none`() throws {
        func say(_ status: String, _ product: String, _ time: String) -> String {
            """
            {"vulnerability":{"name":"CVE-1"},"products":[{"@id":"\(product)"},{"@id":"pkg:npm/z@1"}],"status":"\(status)",
            "timestamp":"\(time)"}
            """
        }
        let kept = try Kept.read(
            openVEX(
                [
                    say("fixed", "pkg:npm/a@1", "2024-06-01T00:00:00Z"),
                    say("affected", "pkg:npm/b@1", "2024-06-01T00:00:00Z"),
                ].joined(separator: ",")))
        #expect(
            kept.statements.filter { $0.fault == nil }.map(\.line) == [
                "CVE-1 resolved: pkg:npm/a@1", "CVE-1 exploitable: pkg:npm/b@1",
            ])
        #expect(kept.statements.count { $0.fault?.contains("contradicts") == true } == 2)
        let later = try Kept.read(
            openVEX(
                [
                    say("affected", "pkg:npm/a@1", "2024-06-01T00:00:00Z"),
                    say("fixed", "pkg:npm/a@1", "2024-06-02T00:00:00Z"),
                ].joined(separator: ",")))
        #expect(later.statements.allSatisfy { $0.fault == nil })
    }

    @Test func `100,000 statements are read`() throws {
        let statements = (0..<100_000).map {
            #"{"vulnerability":{"name":"CVE-\#($0)"},"products":[{"@id":"pkg:npm/x@1"}],"status":"fixed"}"#
        }
        #expect(try Kept.read(openVEX(statements.joined(separator: ","))).statements.count == 100_000)
    }

    // MARK: CSAF 2.0

    private static let products = """
        "branches":[{"category":"vendor","name":"V","branches":[{"category":"product_name","name":"Example","branches":[
          {"category":"product_version","name":"1.2","product":{"product_id":"A","name":"V Example 1.2"}},
          {"category":"product_version_range","name":"vers:npm/<2.0.0","product":{"product_id":"B","name":"V Example <2",
           "product_identification_helper":{"purl":"pkg:npm/example"}}}]}]}],
        "full_product_names":[{"product_id":"C","name":"part","product_identification_helper":{"purl":"pkg:npm/part@1",
          "hashes":[{"filename":"f","file_hashes":[{"algorithm":"sha1","value":"\(String(repeating: "a", count: 40))"}]}]}}],
        "product_groups":[{"group_id":"G","product_ids":["A","B"]}],
        "relationships":[{"category":"default_component_of","product_reference":"C","relates_to_product_reference":"A",
          "full_product_name":{"product_id":"CA","name":"part in Example"}},
         {"category":"default_component_of","product_reference":"R2","relates_to_product_reference":"A",
          "full_product_name":{"product_id":"R1","name":"r1"}},
         {"category":"default_component_of","product_reference":"R1","relates_to_product_reference":"A",
          "full_product_name":{"product_id":"R2","name":"r2"}}]
        """

    @Test func `CSAF finds products by branches, ranges, helpers and relationships`() throws {
        let kept = try Kept.read(
            csaf(
                tree: Self.products,
                """
                {"cve":"CVE-2024-1","product_status":{"known_not_affected":["A","B","CA"],"known_affected":["C"]},
                 "flags":[{"label":"component_not_present","group_ids":["G"]}],
                 "threats":[{"category":"impact","details":"No way.","product_ids":["CA"]}],
                 "remediations":[{"category":"vendor_fix","details":"Update.","product_ids":["C"]}]}
                """))
        #expect(kept.head?.author == "Example" && kept.head?.identifier == "EX-1")
        #expect(
            kept.statements.map(\.line) == [
                "CVE-2024-1 not_affected component_not_present: V Example 1.2, V Example <2",
                "CVE-2024-1 not_affected: part in V Example 1.2", "CVE-2024-1 exploitable: part",
            ])
        let (first, second) = (kept.statements[0].targets[0].product, kept.statements[0].targets[1].product)
        #expect(first.name == "Example" && first.version == "1.2")
        #expect(second.means(version: "1.9.0") && !second.means(version: "2.0.0"))
        #expect(kept.statements[2].targets[0].product.digests == [String(repeating: "a", count: 40)])
        #expect(kept.statements[1].impact == "No way." && kept.statements[2].action == "Update.")
        #expect(kept.statements[2].responses == ["update"])
    }

    @Test func `CSAF says what is wrong with a product, and keeps the others`() throws {
        let kept = try Kept.read(
            csaf(
                tree: Self.products,
                """
                {"cve":"CVE-1","product_status":{"fixed":["R1","gone","A","B"],"known_affected":["B"]}}
                """))
        let faults = kept.statements.compactMap(\.fault)
        #expect(faults.count == 3)
        for sign in ["in a circle", "not in the product tree", "contradicts itself"] {
            #expect(faults.contains { $0.contains(sign) }, "\(sign)")
        }
        #expect(kept.statements.filter { $0.fault == nil }.map(\.line) == ["CVE-1 resolved: V Example 1.2"])
    }

    @Test func `Branches that lie too deep are refused`() throws {
        let deep = 100
        let tree =
            String(repeating: #""branches":[{"category":"vendor","name":"v","#, count: deep) + #""x":1"#
            + String(repeating: "}]", count: deep)
        #expect(throws: BOMError.self) { try Kept.read(csaf(tree: tree, "")) }
    }

    // MARK: CycloneDX (ECMA-424)

    @Test func `CycloneDX is read by the reader of bills of materials`() throws {
        let kept = try Kept.read(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            "version":1,"metadata":{"timestamp":"2024-06-01T00:00:00Z","component":{"type":"application","name":"app",
            "version":"2","bom-ref":"root"}},"components":[{"type":"library","name":"x","bom-ref":"x","purl":"pkg:npm/x@1"}],
            "vulnerabilities":[
             {"id":"CVE-1","analysis":{"state":"false_positive","justification":"code_not_reachable","detail":"d",
              "response":["will_not_fix"]},"affects":[{"ref":"x"},
              {"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#x"}]},
             {"id":"CVE-2","analysis":{"state":"maybe"},"affects":[{"ref":"root"}]},
             {"id":"CVE-3","analysis":{"state":"in_triage"},"affects":[{"ref":"urn:cdx:00000000-395b-41f5-a30f-a58921a69b79/1#y"}]},
             {"id":"CVE-4","affects":[{"ref":"pkg:npm/y","versions":[{"range":"vers:npm/<2.0.0","status":"unaffected"}]}]}]}
            """)
        #expect(
            kept.statements.map(\.line).prefix(3) == [
                "CVE-1 false_positive code_not_reachable: pkg:npm/x@1 in app, pkg:npm/x@1 in app",
                "CVE-2 in_triage: app !its state \"maybe\" is none of resolved, resolved_with_pedigree, exploitable, in_triage, "
                    + "false_positive, not_affected",
                "CVE-3 in_triage: urn:cdx:00000000-395b-41f5-a30f-a58921a69b79/1#y",
            ])
        let ranged = try #require(kept.statements.last)
        #expect(ranged.state == .notAffected && ranged.targets[0].product.ranges == ["vers:npm/<2.0.0"])
    }

    @Test func `What has no statements is refused by name`() throws {
        #expect(throws: BOMError.self) { try Kept.read(#"{"spdxVersion":"SPDX-2.3","packages":[]}"#) }
        #expect(throws: BOMError.self) { try Kept.read(openVEX("") + "x") }
    }
}
