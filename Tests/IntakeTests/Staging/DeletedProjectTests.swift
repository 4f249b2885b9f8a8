import Database
import Intake
import Jobs
import TestSupport
import Testing

@Suite struct DeletedProjectTests {
    private static let packages = (0..<300).map { (name: "package-\($0)", version: "1") }
    private static let tables: [StaticString] = ["alert", "alert_event", "library_request", "inventory_event"]

    @Test(arguments: TemporaryDatabase.engines)
    func `Deleting a large project changes few rows at a time and leaves nothing`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(cycloneDX(Self.packages))
        let kept = try bench.sbom(cycloneDX([(name: "other", version: "1")]), project: "Other").projectToken
        let place = try bench.database.read { connection in
            try connection.first("SELECT id, product FROM project WHERE name = 'Project'") {
                (id: $0.integer(0), product: $0.integer(1))
            }
        }
        let project = try #require(place)
        func rows() throws -> Int {
            try Self.tables.reduce(0) {
                $0 + (try bench.number("SELECT count(*) FROM \(literal: $1) WHERE project = \(project.id)"))
            }
        }
        #expect(try rows() >= 1200, "the alerts of several licenses, their events, the requests and the additions")
        let counting = CountingDatabase(bench.database)
        let scope = Scope(kind: .project, organization: 1, product: project.product, project: project.id)
        try counting.write { try Deletion.project(Writing(in: scope, by: .system, at: 1, on: $0)) }
        #expect(counting.largest < 20)
        #expect(try bench.texts("SELECT token FROM project") == [kept])
        // An upload makes the project again; rows of the deleted one do not affect it.
        try bench.sbom(cycloneDX(Self.packages))
        counting.forget()
        for scan in try bench.database.read({ try AbandonedScan.all(on: $0) }) {
            #expect(try scan.delete(from: counting, limit: 50))
        }
        #expect(counting.writes.count > 30 && counting.largest <= 51)
        #expect(try rows() == 0)
        #expect(try bench.number("SELECT count(*) FROM alert") == 301)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Vulnerabilities that only a deleted project had are deleted some at a time`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let claims = (0..<100).map { #"{"id":"CVE-2099-\#($0)","affects":[{"ref":"package-\#($0)"}]}"# }
        try bench.sbom(
            cycloneDX(Self.packages, more: #","vulnerabilities":[\#(claims.joined(separator: ","))]"#))
        #expect(try bench.number("SELECT count(*) FROM vulnerability") == 100)
        let (project, product) = (
            Int64(try bench.number("SELECT id FROM project")), Int64(try bench.number("SELECT id FROM product"))
        )
        try bench.database.write { connection in
            let scope = Scope(kind: .project, organization: 1, product: product, project: project)
            try Deletion.project(Writing(in: scope, by: .system, at: 1, on: connection))
        }
        let counting = CountingDatabase(bench.database)
        for scan in try bench.database.read({ try AbandonedScan.all(on: $0) }) {
            #expect(try scan.delete(from: counting, limit: 50))
        }
        #expect(counting.largest <= 51)
        #expect(try bench.number("SELECT count(*) FROM vulnerability") == 0)
        #expect(try bench.number("SELECT count(*) FROM vulnerability_name") == 0)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `An upload that waited does not make a deleted product again`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(cycloneDX([(name: "a", version: "1")]))
        let product = Int64(try bench.number("SELECT id FROM product"))
        var destination = Intake.Destination(organization: 1, product: "Product")
        destination.project = "Project"
        let upload = IntakeJob(
            kind: .sbom, path: try bench.file(cycloneDX([(name: "b", version: "1")])), destination: destination)
        let job = try bench.database.write { connection in
            try bench.queue.submit(
                upload.newJob(uuid: "waiting", product: product), claimedBy: "me", on: connection)
        }
        let scope = Scope(kind: .product, organization: 1, product: product)
        try bench.database.write { try Deletion.product(Writing(in: scope, by: .system, at: 1, on: $0)) }
        let error = #expect(throws: WorkError.self) {
            try IntakeJob.run(Lease(job: job, owner: "me"), intake: bench.intake, dataFolder: "/")
        }
        #expect("\(try #require(error))".contains("\"Product\" was deleted"))
        #expect(try bench.number("SELECT count(*) FROM product") == 0)
        // An upload without a number was accepted from a user who may make products.
        try bench.sbom(cycloneDX([(name: "b", version: "1")]))
        #expect(try bench.number("SELECT count(*) FROM product") == 1)
    }
}
