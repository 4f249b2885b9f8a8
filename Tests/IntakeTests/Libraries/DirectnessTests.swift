import Database
import Testing

@testable import Intake

/// Direct dependencies are known only with a graph: the libraries that no other library needs.
@Suite struct DirectnessTests {
    private func directness(_ text: String, _ engine: Engine = .sqlite) throws -> [String: Int64] {
        let bench = try Workbench(engine)
        try bench.sbom(text)
        let rows = try bench.database.read { connection in
            try connection.all(
                "SELECT l.artifact, o.direct, o.depth FROM occurrence o JOIN library l ON l.id = o.library"
            ) { ($0.string(0), $0.integer(1), $0.integer(2)) }
        }
        for (name, direct, depth) in rows where direct == 1 { #expect(depth == 1, "\(name)") }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.0, $0.1) })
    }

    private func spdx(_ names: [String], _ edges: [(String, String, String)]) -> String {
        let packages = names.map { #"{"SPDXID":"\#($0)","name":"\#($0)","versionInfo":"1"}"# }
        let relationships = edges.map {
            #"{"spdxElementId":"\#($0.0)","relationshipType":"\#($0.1)","relatedSpdxElement":"\#($0.2)"}"#
        }
        return """
            {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"d","packages":[\(packages.joined(separator: ","))],
             "relationships":[\(relationships.joined(separator: ","))]}
            """
    }

    @Test(arguments: Engine.allCases)
    func `Without a graph nobody knows`(engine: Engine) throws {
        #expect(try directness(cycloneDX([("a", "1"), ("b", "1")]), engine) == ["a": -1, "b": -1])
        // Containing a library is not needing it, and a library that needs itself does not count.
        let nested = #"""
            {"bomFormat":"CycloneDX","specVersion":"1.5","components":[
             {"name":"a","bom-ref":"a","components":[{"name":"b","bom-ref":"b"}]}],"dependencies":[{"ref":"a","dependsOn":["a"]},{"ref":"b"}]}
            """#
        #expect(try directness(nested, engine) == ["a": -1, "b": -1])
        let contained = spdx(["r", "a"], [("SPDXRef-DOCUMENT", "DESCRIBES", "r"), ("r", "CONTAINS", "a")])
        #expect(try directness(contained, engine) == ["a": -1])
    }

    @Test func `What nothing needs is direct, with and without edges of the root`() throws {
        let packages = [("x", "1"), ("y", "1"), ("leaf", "1")]
        #expect(try directness(cycloneDX(packages, edges: [("x", ["y"])])) == ["x": 1, "y": 0, "leaf": 1])
        #expect(
            try directness(cycloneDX(packages, edges: [("root", ["x"]), ("x", ["y"])])) == ["x": 1, "y": 0, "leaf": 1])
        // The root needs a library that another library needs, too.
        #expect(
            try directness(cycloneDX(packages, edges: [("root", ["x", "y"]), ("x", ["y"])])) == [
                "x": 1, "y": 1, "leaf": 1,
            ])
        // Only a cycle leads there.
        #expect(
            try directness(cycloneDX(packages, edges: [("x", ["y"]), ("y", ["x"])])) == ["x": 0, "y": 0, "leaf": 1])
    }

    @Test func `A library that is listed twice is needed when one of its entries is`() throws {
        let component = #"{"name":"b","version":"1","purl":"pkg:npm/b@1","bom-ref":"#
        let text = #"""
            {"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"a","bom-ref":"a"},\#(component)"b1"},
             \#(component)"b2"}],"dependencies":[{"ref":"a","dependsOn":["b1"]}]}
            """#
        #expect(try directness(text) == ["a": 1, "b": 0])
    }

    @Test func `What an SPDX document itself needs is direct`() throws {
        let edges = [("a", "DEPENDS_ON", "b"), ("b", "DEPENDS_ON", "c")]
        #expect(try directness(spdx(["a", "b", "c"], edges)) == ["a": 1, "b": 0, "c": 0])
        #expect(
            try directness(spdx(["a", "b", "c"], edges + [("SPDXRef-DOCUMENT", "DEPENDS_ON", "b")])) == [
                "a": 1, "b": 1, "c": 0,
            ])
        #expect(
            try directness(spdx(["a", "b", "c"], edges + [("c", "RUNTIME_DEPENDENCY_OF", "SPDXRef-DOCUMENT")])) == [
                "a": 1, "b": 0, "c": 1,
            ])
        // A single edge is a graph.
        #expect(try directness(spdx(["a", "b"], [("a", "DEPENDENCY_OF", "SPDXRef-DOCUMENT")])) == ["a": 1, "b": 1])
        // Each of several described packages is direct, even one that another needs.
        let described = [("SPDXRef-DOCUMENT", "DESCRIBES", "a"), ("SPDXRef-DOCUMENT", "DESCRIBES", "b")]
        #expect(try directness(spdx(["a", "b", "c"], edges + described)) == ["a": 1, "b": 1, "c": 0])
        let tags = """
            SPDXVersion: SPDX-2.3
            SPDXID: SPDXRef-DOCUMENT
            PackageName: a
            SPDXID: SPDXRef-a
            PackageName: b
            SPDXID: SPDXRef-b
            Relationship: SPDXRef-a DEPENDS_ON SPDXRef-b
            Relationship: SPDXRef-DOCUMENT DEPENDS_ON SPDXRef-b
            """
        #expect(try directness(tags) == ["a": 1, "b": 1])
    }

    @Test func `Depths count from the root, or from what nothing needs`() throws {
        let bench = try Workbench()
        let packages = [("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("e", "1")]
        try bench.sbom(
            cycloneDX(packages, edges: [("root", ["a"]), ("a", ["b"]), ("b", ["c"]), ("d", ["c"]), ("e", ["e"])]))
        let depths = try bench.texts(
            """
            SELECT l.artifact, o.depth FROM occurrence o JOIN library l ON l.id = o.library ORDER BY l.artifact
            """)
        #expect(depths == ["a|1", "b|2", "c|2", "d|1", "e|1"])
    }
}
