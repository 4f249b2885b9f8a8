import Bytes
import Database
import Foundation
import Jobs
import Synchronization
import Testing

@testable import API
@testable import HTTP

/// The values that a test may change while the door works.
final class World: Sendable {
    /// Milliseconds since 1970; 2026-01-02 03:04:05.
    let time = Mutex<Int64>(1_767_323_045_000)
    let incidents = Mutex<[Incident]>([])
    /// Paths of files by the artifact's uuid.
    let store = Mutex<[String: String]>([:])
    let unreadiness = Mutex<String?>(nil)
}

/// A door over a temporary database with two organizations, each with two products of one project.
final class Fixture: Sendable {
    struct Organization: Sendable {
        let id: Int64
        let token: String
        let administrator: String
        let products: [Entity]
        /// One project of each product.
        let projects: [Entity]

        func token(_ kind: ScopeKind, _ place: Int = 0) -> String {
            switch kind {
            case .organization: token
            case .product: products[place].token
            case .project: projects[place].token
            }
        }
    }

    static let start: Int64 = 1_767_323_045_000

    let world = World()
    let door: Door
    let database: any Database
    let queue: Queue
    let acme: Organization
    let rival: Organization
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("waybill-api-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let database = try #require(DatabaseURL("sqlite:\(folder.path)/test.db")).open()
        try database.migrate()
        self.database = database
        let world = world
        queue = Queue(database: database) { world.time.withLock { $0 } }
        door = Door(
            Backend(
                database: database, queue: queue, bell: Bell(),
                openArtifact: { artifact in
                    try world.store.withLock { $0[artifact.uuid] }.map { .file(try OpenFile(path: $0)) }
                },
                unreadiness: { world.unreadiness.withLock { $0 } }, metrics: { "waybill_jobs 0\n" },
                scratch: folder.path,
                log: { incident in world.incidents.withLock { $0.append(incident) } }))
        acme = try Self.organization(named: "Acme", in: database)
        rival = try Self.organization(named: "Rival", in: database)
    }

    deinit {
        database.close()
        try? FileManager.default.removeItem(at: folder)
    }

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
                let product = try Accounts.createProduct(
                    named: word, token: try Randomness.system.token(), writing)
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
    func user(_ role: Role?, product: Int? = nil, scopes: KeyScopes = .all) throws -> String {
        let key = UserKey(random: try Randomness.system.bytes(32))
        let acme = acme
        try database.write { connection in
            let account = try Accounts.createAccount(
                email: "\(key.text.prefix(8))@acme.example", name: "", kind: "USER", keyDigest: key.digest,
                at: Self.start, on: connection)
            try connection.run("UPDATE user_key SET scopes = \(scopes.rawValue) WHERE account = \(account)")
            guard let role else { return }
            try Accounts.assign(
                role, to: account, organization: acme.id, product: product.map { acme.products[$0].id } ?? 0,
                on: connection)
        }
        return key.text
    }

    // MARK: Asking

    func response(to request: HTTPRequest) async -> HTTPResponse {
        switch door.reply(to: request) {
        case .now(let response): return response
        case .later(let work): return await work()
        }
    }

    func post(_ body: [UInt8], path: String = "/api/v1.4", headers: HTTPFields = [:]) async -> HTTPResponse {
        await response(to: HTTPRequest(method: "POST", path: path, headers: headers, body: .bytes(body)))
    }

    /// Sends a body and reads the JSON of the answer.
    func send(_ text: String) async throws -> [String: Any] {
        let response = await post(Array(text.utf8))
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == "application/json;charset=UTF-8")
        return try Self.json(response)
    }

    func call(_ requestType: String, _ fields: [String: Any], key: String? = nil) async throws -> [String: Any] {
        try await send(try body(requestType, fields, key: key))
    }

    func body(_ requestType: String, _ fields: [String: Any], key: String? = nil) throws -> String {
        var object = fields
        object["requestType"] = requestType
        object["userKey"] = key ?? acme.administrator
        return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }

    func envelope(_ requestType: String, _ fields: [String: Any], key: String? = nil) async throws -> [String: Any] {
        let answer = try await call(requestType, fields, key: key)
        return try #require(answer["asyncProcessStatus"] as? [String: Any], "\(answer)")
    }

    func code(_ requestType: String, _ fields: [String: Any], key: String? = nil) async throws -> Int? {
        try await call(requestType, fields, key: key)["errorCode"] as? Int
    }

    static func bytes(_ response: HTTPResponse) -> [UInt8] {
        switch response.body {
        case .bytes(let bytes): return bytes
        case .file(let whole, _, _): return read(whole)
        default: break
        }
        Issue.record("the body is not in memory")
        return []
    }

    private static func read(_ file: OpenFile) -> [UInt8] {
        guard let descriptor = file.duplicate() else { return [] }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        return (try? handle.seek(toOffset: 0)).flatMap { try? handle.readToEnd() }.map { Array($0) } ?? []
    }

    static func json(_ response: HTTPResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes(response))) as? [String: Any])
    }

    // MARK: Jobs

    /// Does a submitted job like a worker, with these bytes as its artifact.
    func finish(_ uuid: String, with content: [UInt8] = Array("PK".utf8), notes: [String] = []) throws {
        let job = try #require(try queue.claim(for: "test"))
        #expect(job.uuid == uuid)
        let artifact = Artifact(
            uuid: "\(uuid)-1", organization: job.organization, cacheKey: uuid, fileName: "Shop-product-Inventory.zip",
            size: Int64(content.count), sha1: Digest.of(content, .sha1).hexadecimal,
            sha256: Digest.of(content, .sha256).hexadecimal, parts: 1, rows: 7, notes: notes)
        let path = folder.appendingPathComponent(artifact.uuid)
        try Data(content).write(to: path)
        world.store.withLock { $0[artifact.uuid] = path.path }
        try queue.succeed(job, owner: "test", artifact: artifact)
    }

    func count(_ table: StaticString) throws -> Int64 {
        try database.read { try $0.integer(SQL("SELECT count(*) FROM ") + SQL(table)) } ?? 0
    }
}
