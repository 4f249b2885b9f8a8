package import Database
import Foundation
package import Intake
package import Jobs
import Synchronization

// DESIGN. The same imports through the same code on each engine, at a time that only the fixture moves, so the bytes of
// reports must be the same everywhere. Suites that only read share one fixture for each engine.

/// Two organizations with products and projects of equal names, filled from `FixtureDocuments`.
package final class InventoryFixture: Sendable {
    /// 2026-01-02 03:04:05 UTC, the time of the first import; each later one is a minute after the one before.
    package static let start: Int64 = 1_767_323_045_000

    /// Product and project of each document, in the order of their import.
    package static let places: [(product: String, project: String, document: String)] = [
        ("Webshop", "Cart", FixtureDocuments.cart),
        ("Webshop", "Καλάθι/東京: \"Süd\" <1>.*?", FixtureDocuments.storefront),
        ("Bank & Söhne", "=ledger|'!A0", FixtureDocuments.ledger),
    ]

    package let database: any Database
    package let queue: Queue
    package let intake: Intake
    private let folder: TemporaryFolder
    private let time: Clock

    private final class Clock: Sendable {
        let now = Atomic<Int64>(InventoryFixture.start)
    }

    /// The fixture that read-only tests share.
    package static func shared(_ engine: Engine) throws -> InventoryFixture {
        try (engine == .sqlite ? sqlite : postgresql).get()
    }

    private static let sqlite = Result { try InventoryFixture(.sqlite) }
    private static let postgresql = Result { try InventoryFixture(.postgresql) }

    /// A fixture for a single test; without organizations when `isFilled` is false.
    package init(_ engine: Engine, isFilled: Bool = true) throws {
        database = try TemporaryDatabase.make(engine)
        folder = try TemporaryFolder()
        let time = Clock()
        self.time = time
        queue = Queue(database: database) { time.now.load(ordering: .sequentiallyConsistent) }
        let tokens = Atomic<Int>(0)
        intake = Intake(queue: queue) {
            let number = tokens.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
            return String(repeating: "0", count: 64 - String(number).count) + String(number)
        }
        try database.write { connection in
            for id in 1...2 {
                try connection.run(
                    """
                    INSERT INTO organization (id, token, name, created_at)
                    VALUES (\(id), \("token \(id)"), \("Acme Größe"), \(Self.start))
                    """)
            }
        }
        guard isFilled else { return }
        let advisories = folder.path("advisories.jsonl")
        try Data(FixtureDocuments.advisories.utf8).write(to: URL(fileURLWithPath: advisories))
        _ = try AdvisoryImport(RecordImport(into: database)).run([advisories])
        let releases = folder.path("releases.jsonl")
        try Data(FixtureDocuments.releases.utf8).write(to: URL(fileURLWithPath: releases))
        _ = try ReleaseImport(RecordImport(into: database)).run([releases])
        try fillExploitation()
        try queue.matchAll()
        for (number, place) in Self.places.enumerated() {
            try importSBOM(place.document, product: place.product, project: place.project)
            // Numbers of rows differ between the organizations, so that a confusion is noticed.
            if number == 0 {
                try importSBOM(FixtureDocuments.rival, organization: 2, product: place.product, project: place.project)
            }
        }
        try answerRequests()
        try fillCuration()
    }

    deinit { database.close() }

    /// Moves the time forward.
    package func pass(_ milliseconds: Int64) { time.now.wrappingAdd(milliseconds, ordering: .sequentiallyConsistent) }

    /// Lists call one vulnerability exploited and likely, and another one unlikely.
    private func fillExploitation() throws {
        try database.write { connection in
            try Exploitation.replace(
                "kev", with: [.init(name: "CVE-2025-90001", since: Self.start - 62 * 86_400_000)], at: Self.start,
                on: connection)
        }
        let scores = try Likelihoods(in: database)
        try scores.append("CVE-2025-90001", score: 943_210, percentile: 998_760)
        try scores.append("CVE-2023-0001", score: 10, percentile: 20_000)
        try scores.finish()
    }

    /// A person answered every second request for a library.
    private func answerRequests() throws {
        try database.write { connection in
            try connection.run("UPDATE library_request SET requested_by = 'requester@example.org'")
            try connection.run(
                """
                UPDATE library_request SET status = 'APPROVED', handled_by = 'lawyer@example.org',
                    handled_at = \(Self.start + 60_000), comments = 'fine <b>by</b> us'
                WHERE number % 2 = 0
                """)
        }
    }

    /// Imports a document like an upload, a minute after the previous one.
    @discardableResult
    package func importSBOM(
        _ text: String, organization: Int64 = 1, product: String = "Webshop", project: String = "Cart"
    ) throws -> Intake.Result {
        let path = folder.path("\(UUID().uuidString).json")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try importSBOM(file: path, organization: organization, product: product, project: project)
    }

    /// The same for a file.
    @discardableResult
    package func importSBOM(
        file path: String, organization: Int64 = 1, product: String, project: String
    ) throws -> Intake.Result {
        var destination = Intake.Destination(organization: organization, product: product)
        destination.project = project
        let job = IntakeJob(kind: .sbom, path: path, destination: destination)
        let queue = queue
        let claimed = try database.write { connection in
            try queue.submit(job.newJob(uuid: UUID().uuidString.lowercased()), claimedBy: "fixture", on: connection)
        }
        let result = try IntakeJob.run(Lease(job: claimed, owner: "fixture"), intake: intake, dataFolder: "/")
        time.now.wrappingAdd(60_000, ordering: .sequentiallyConsistent)
        return result
    }

    /// A scope of the first organization: the whole, the first import's product, or a project by its position.
    package func scope(
        _ kind: ScopeKind, organization: Int64 = 1, place: Int = 0, visibleProducts: [Int64]? = nil
    ) throws -> Scope {
        let (product, project) = try ids(organization: organization, place: place)
        var scope = bare(kind, organization, product, project, visibleProducts)
        // The other side of comparisons, if the organization has one.
        let other = kind == .project ? (place == 0 ? 1 : 0) : (place == 2 ? 0 : 2)
        if kind != .organization, let ids = try? ids(organization: organization, place: other) {
            scope.comparison = Scope.Comparison(product: ids.product, project: kind == .project ? ids.project : 0)
        }
        return scope
    }

    private func bare(
        _ kind: ScopeKind, _ organization: Int64, _ product: Int64, _ project: Int64, _ visibleProducts: [Int64]?
    ) -> Scope {
        switch kind {
        case .organization: Scope(kind: kind, organization: organization, visibleProducts: visibleProducts)
        case .product:
            Scope(kind: kind, organization: organization, product: product, visibleProducts: visibleProducts)
        case .project:
            Scope(
                kind: kind, organization: organization, product: product, project: project,
                visibleProducts: visibleProducts)
        }
    }

    /// The numbers of a place's product and project.
    package func ids(organization: Int64 = 1, place: Int) throws -> (product: Int64, project: Int64) {
        let found = try database.read { connection in
            try connection.first(
                """
                SELECT d.id, p.id FROM project p JOIN product d ON d.id = p.product
                WHERE p.organization = \(organization) AND d.name = \(Self.places[place].product)
                    AND p.name = \(Self.places[place].project)
                """
            ) { ($0.integer(0), $0.integer(1)) }
        }
        guard let found else { throw PlaceMissing(organization: organization, place: place) }
        return found
    }

    private struct PlaceMissing: Error {
        let organization: Int64
        let place: Int
    }
}
