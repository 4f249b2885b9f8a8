import BOM
import Database
import Foundation
import Intake
import Jobs
import Synchronization
import TestSupport

/// A database with two organizations, and the tools of imports.
final class Workbench: Sendable {
    let database: any Database
    let queue: Queue
    let intake: Intake
    let folder: TemporaryFolder
    private let counter = Mutex(0)

    init(_ engine: Engine = .sqlite) throws {
        database = try TemporaryDatabase.make(engine)
        folder = try TemporaryFolder()
        queue = Queue(database: database) { Int64(Date().timeIntervalSince1970 * 1000) }
        intake = Intake(queue: queue) {
            UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
                + UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
        }
        try database.write { connection in
            for id in 1...2 {
                _ = try connection.run(
                    """
                    INSERT INTO organization (id, token, name, created_at)
                    VALUES (\(id), \("token \(id)"), \("Organization \(id)"), 1)
                    """)
            }
        }
    }

    deinit { database.close() }

    func lease(_ job: IntakeJob) throws -> Lease {
        let queue = queue
        let job = try database.write { connection in
            try queue.submit(job.newJob(uuid: UUID().uuidString.lowercased()), claimedBy: "me", on: connection)
        }
        return Lease(job: job, owner: "me")
    }

    /// Imports a file like the command line.
    @discardableResult
    func sbom(
        file: String, organization: Int64 = 1, product: String = "Product", project: String = "Project"
    ) throws -> Intake.Result {
        var destination = Intake.Destination(organization: organization, product: product)
        destination.project = project
        let lease = try lease(IntakeJob(kind: .sbom, path: file, destination: destination))
        do {
            return try IntakeJob.run(lease, intake: intake, dataFolder: folder.path(""))
        } catch let error as WorkError {
            if case .hopeless(let why) = error { try queue.fail(lease.job, owner: "me", why: why) }
            throw error
        }
    }

    @discardableResult
    func sbom(
        _ text: String, organization: Int64 = 1, product: String = "Product", project: String = "Project"
    ) throws -> Intake.Result {
        try sbom(file: file(text), organization: organization, product: product, project: project)
    }

    func file(_ text: String) throws -> String {
        let number = counter.withLock { number in
            number += 1
            return number
        }
        let path = folder.path("\(number).json")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    func texts(_ sql: SQL) throws -> [String] {
        try database.read { connection in
            try connection.all(sql) { row in
                (0..<row.cellsInLastRow).map { row.kind($0) == .blob ? "\(row.blob($0))" : row.string($0) }
                    .joined(separator: "|")
            }
        }
    }

    func number(_ sql: SQL) throws -> Int { Int(try database.read { try $0.integer(sql) } ?? 0) }

    /// Every row of every table that an import writes, except those of jobs.
    func dump() throws -> [String] {
        let tables: [StaticString] = [
            "organization", "product", "project", "change", "scan", "library", "library_facts", "license",
            "library_license", "occurrence", "component", "dependency", "source_file", "vulnerability_claim",
            "inventory_event", "library_name",
        ]
        return try tables.flatMap { table in
            try texts("SELECT * FROM \(literal: table)").map { "\(table): \($0)" }.sorted()
        }
    }

    /// Rows that belong to one scan.
    func staged() throws -> Int {
        let tables: [StaticString] = [
            "scan", "occurrence", "component", "dependency", "source_file", "vulnerability_claim",
        ]
        return try tables.reduce(0) { $0 + (try number("SELECT count(*) FROM \(literal: $1)")) }
    }
}

/// A CycloneDX document of packages: name to version, each with its dependencies.
func cycloneDX(
    root: String = "shop", _ packages: [(name: String, version: String)], edges: [(String, [String])] = [],
    more: String = ""
) -> String {
    let components = packages.map {
        """
        {"type":"library","bom-ref":"\($0.name)","name":"\($0.name)","version":"\($0.version)",
         "purl":"pkg:npm/\($0.name)@\($0.version)","licenses":[{"expression":"MIT OR Apache-2.0"}],
         "hashes":[{"alg":"SHA-1","content":"5bedd0fa987065a13d5ed2a535c550770842a7fa"}]}
        """
    }
    let dependencies = edges.map { from, to in
        "{\"ref\":\"\(from)\",\"dependsOn\":[\(to.map { "\"\($0)\"" }.joined(separator: ","))]}"
    }
    return """
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
         "metadata":{"component":{"type":"application","bom-ref":"root","name":"\(root)","version":"1.0"}},
         "components":[\(components.joined(separator: ","))],
         "dependencies":[\(dependencies.joined(separator: ","))]\(more)}
        """
}
