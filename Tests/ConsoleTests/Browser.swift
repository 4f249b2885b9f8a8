import API
import Bytes
import Database
import Foundation
import Jobs
import Synchronization
import Testing

@testable import Console
@testable import HTTP

/// A browser with a server of two organizations, each with two products of one project.
final class Browser: Sendable {
    struct Organization: Sendable {
        let id: Int64
        let token: String
        let administrator: String
        let products: [Entity]
        /// One project of each product.
        let projects: [Entity]
    }

    /// Milliseconds since 1970; 2026-01-02 03:04:05.
    static let start: Int64 = 1_767_323_045_000

    let site: Site
    let database: any Database
    let queue: Queue
    let ledger: Ledger
    let acme: Organization
    let rival: Organization
    private let folder: URL
    /// The state that the closures of the backend use.
    private let reach: Reach

    /// The state that the backend and the test share.
    private final class Reach: Sendable {
        let time = Mutex<Int64>(Browser.start)
        let incidents = Mutex<[Incident]>([])
        let store = Mutex<[String: String]>([:])
    }

    /// - Parameter change: the change of the server's settings.
    init(_ change: (inout Backend) -> Void = { _ in }) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("waybill-site-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let database = try #require(DatabaseURL("sqlite:\(folder.path)/test.db")).open()
        try database.migrate()
        self.database = database
        let reach = Reach()
        self.reach = reach
        queue = Queue(database: database) { reach.time.withLock { $0 } }
        var backend = Backend(
            database: database, queue: queue, bell: Bell(),
            openArtifact: { artifact in
                try reach.store.withLock { $0[artifact.uuid] }.map { .file(try OpenFile(path: $0)) }
            },
            scratch: folder.path, log: { incident in reach.incidents.withLock { $0.append(incident) } })
        change(&backend)
        ledger = backend.ledger
        site = Site(backend)
        acme = try Self.organization(named: "Acme", in: database)
        rival = try Self.organization(named: "Rival", in: database)
    }

    deinit {
        database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Faults of the server itself that were logged.
    var faults: Int { reach.incidents.withLock { $0.count } }

    func pass(_ milliseconds: Int64) { reach.time.withLock { $0 += milliseconds } }

    private static func organization(named name: String, in database: any Database) throws -> Organization {
        let key = UserKey(random: try Randomness.system.bytes(32))
        return try database.write { connection in
            let made = try Accounts.createOrganization(
                named: name, token: try Randomness.system.token(), administrator: "admin@\(name.lowercased()).example",
                keyDigest: key.digest, at: start, on: connection)
            let writing = Writing(
                in: Scope(kind: .organization, organization: made.id), by: .system, at: start, on: connection)
            var products: [Entity] = []
            var projects: [Entity] = []
            for word in ["Shop", "Bank"] {
                let product = try Accounts.createProduct(named: word, token: try Randomness.system.token(), writing)
                products.append(product)
                projects.append(
                    try Accounts.createProject(
                        named: "\(word) Cart", token: try Randomness.system.token(),
                        writing.moved(to: Scope(kind: .product, organization: made.id, product: product.id))))
            }
            return Organization(
                id: made.id, token: made.token, administrator: key.text, products: products, projects: projects)
        }
    }

    /// Adds a user to Acme and gives the key. `product` is the position of a product; nil for the organization.
    func user(_ role: Role, product: Int? = nil) throws -> String {
        let key = UserKey(random: try Randomness.system.bytes(32))
        let acme = acme
        try database.write { connection in
            let account = try Accounts.createAccount(
                email: "\(key.text.prefix(8))@acme.example", name: "", kind: "USER", keyDigest: key.digest,
                at: Self.start, on: connection)
            try Accounts.assign(
                role, to: account, organization: acme.id, product: product.map { acme.products[$0].id } ?? 0,
                on: connection)
        }
        return key.text
    }

    // MARK: Asking

    func response(to request: HTTPRequest) async -> HTTPResponse {
        switch site.reply(to: request) {
        case .now(let response): return response
        case .later(let work): return await work()
        }
    }

    func get(_ address: String, cookie: String? = nil, headers: HTTPFields = [:]) async -> HTTPResponse {
        let parts = address.split(separator: "?", maxSplits: 1)
        var query = HTTPFields()
        for field in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = field.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
            query.append(pair[0], pair.count > 1 ? pair[1] : "")
        }
        var headers = headers
        headers["Cookie"] = cookie
        let path = String(parts[0]).removingPercentEncoding ?? ""
        return await response(to: HTTPRequest(method: "GET", path: path, query: query, headers: headers))
    }

    func send(
        _ address: String, _ fields: [(String, String)], cookie: String? = nil, headers: HTTPFields = [:]
    ) async -> HTTPResponse {
        var form = URLComponents()
        form.queryItems = fields.map { URLQueryItem(name: $0.0, value: $0.1) }
        var headers = headers
        headers["Cookie"] = cookie
        let body = Array((form.percentEncodedQuery ?? "").replacing("+", with: "%2B").utf8)
        return await response(
            to: HTTPRequest(method: "POST", path: address, headers: headers, body: .bytes(body)))
    }

    /// Signs in and returns the cookie.
    func enter(_ key: String) async throws -> String {
        let response = await send("/console/enter", [("userKey", " \(key) ")])
        #expect(response.status == 303)
        #expect(response.headers["Location"] == "/")
        let cookie = try #require(response.headers["Set-Cookie"])
        return String(cookie.prefix { $0 != ";" })
    }

    /// The page of an address as text.
    func page(_ address: String, cookie: String? = nil) async -> String {
        Self.text(await get(address, cookie: cookie))
    }

    static func text(_ response: HTTPResponse) -> String {
        switch response.body {
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .file(let file, _, _):
            guard let descriptor = file.duplicate() else { return "" }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            let data = (try? handle.seek(toOffset: 0)).flatMap { try? handle.readToEnd() }
            return String(decoding: data ?? Data(), as: UTF8.self)
        case .stream:
            Issue.record("the body is not in memory")
            return ""
        }
    }

    // MARK: Jobs

    /// Does a submitted job like a worker, with these bytes as its artifact.
    func finish(_ uuid: String, with content: [UInt8] = Array("PK".utf8)) throws {
        let job = try #require(try queue.claim(for: "test"))
        #expect(job.uuid == uuid)
        let artifact = Artifact(
            uuid: "\(uuid)-1", organization: job.organization, cacheKey: uuid, fileName: "Shop-product-Inventory.zip",
            size: Int64(content.count), sha1: Digest.of(content, .sha1).hexadecimal,
            sha256: Digest.of(content, .sha256).hexadecimal, parts: 1, rows: 7, notes: [])
        let path = folder.appendingPathComponent(artifact.uuid)
        try Data(content).write(to: path)
        reach.store.withLock { $0[artifact.uuid] = path.path }
        try queue.succeed(job, owner: "test", artifact: artifact)
    }

    func uuidOfJob() throws -> String {
        try #require(
            try database.read { try $0.first("SELECT uuid FROM job ORDER BY id DESC LIMIT 1") { $0.string(0) } })
    }

    func count(_ table: StaticString) throws -> Int64 {
        try database.read { try $0.integer(SQL("SELECT count(*) FROM ") + SQL(table)) } ?? 0
    }
}
