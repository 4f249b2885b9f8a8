import Testing

@testable import Database
@testable import Intake

/// The migration gives rows of older imports the values that an import decides today.
@Suite struct DirectnessMigrationTests {
    private func rows(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT s.project, o.scan, o.position, o.direct, o.depth FROM occurrence o JOIN scan s ON s.id = o.scan
            ORDER BY o.scan, o.position
            """)
            + bench.texts("SELECT scan, position, depth FROM component ORDER BY scan, position")
            + bench.texts("SELECT uuid, direct FROM alert ORDER BY uuid")
    }

    @Test(arguments: Engine.allCases)
    func `Older rows follow today's rule`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let packages = [("x", "1"), ("y", "1"), ("leaf", "1"), ("r", "1"), ("q", "1")]
        let edges = [("root", ["x"]), ("x", ["y"]), ("r", ["q"]), ("q", ["r"])]
        // Several licences cause an alert for each library.
        let more = #""licenses":[{"license":{"id":"MIT"}},{"license":{"id":"ISC"}}]"#
        func document(_ edges: [(String, [String])]) -> String {
            cycloneDX(packages, edges: edges).replacing(#""licenses":[{"expression":"MIT OR Apache-2.0"}]"#, with: more)
        }
        try bench.sbom(document(edges), project: "graph")
        try bench.sbom(document([]), project: "flat")
        let wanted = try rows(bench)
        #expect(wanted.contains { $0.hasSuffix("|-1|1") } && wanted.contains { $0.hasSuffix("|0|-1") })
        let before = try bench.number("SELECT sum(revision) FROM project")
        try bench.database.write { connection in
            // As before: without a graph all are direct, and libraries without a path are transitive.
            let graph = try connection.integer("SELECT scan FROM project WHERE name = 'graph'") ?? 0
            try connection.run("UPDATE occurrence SET direct = 1 WHERE direct = -1")
            try connection.run(
                """
                UPDATE occurrence SET direct = 0, depth = -1 WHERE scan = \(graph) AND library IN (
                    SELECT id FROM library WHERE artifact = 'leaf')
                """)
            try connection.run(
                """
                UPDATE component SET depth = -1 WHERE scan = \(graph) AND ref = 'leaf'
                """)
            try connection.run("UPDATE alert SET direct = 1 WHERE direct = -1")
            try connection.run(
                "UPDATE alert SET direct = 0 WHERE library IN (SELECT id FROM library WHERE artifact = 'leaf')")
            try connection.script(Migration.directDependencies.statements(Dialect(engine)))
        }
        #expect(try rows(bench) == wanted)
        #expect(try bench.number("SELECT sum(revision) FROM project") > before)
    }
}
