import Bytes
import Foundation
import Synchronization
import TestSupport
import Testing

extension EndToEnd {
    /// A database that can be reached and does not answer: every door answers in time, and states when to try again.
    @Suite(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"), .timeLimit(.minutes(5)))
    struct SilentDoorTests {
        private struct Knock: Sendable {
            let name: String
            let method: String
            let path: String
            var headers: [String] = []
            var body: Data?
        }

        private struct Said: Sendable {
            let name: String
            let answer: Answer?
            let seconds: Double
        }

        /// Sends requests to all doors at once.
        private func knock(_ knocks: [Knock], at server: RunningServer) -> [Said] {
            let said = Mutex<[Said]>([])
            DispatchQueue.concurrentPerform(iterations: knocks.count) { number in
                let (knock, begun) = (knocks[number], Date())
                let answer = try? Wire.exchange(
                    port: server.port, knock.method, knock.path, knock.headers, body: knock.body)
                let seconds = -begun.timeIntervalSinceNow
                said.withLock { $0.append(Said(name: knock.name, answer: answer, seconds: seconds)) }
            }
            return said.withLock { $0 }
        }

        private static func call(_ name: String, _ fields: [String: String], _ key: String) throws -> Knock {
            let all = fields.merging(["requestType": name, "userKey": key]) { $1 }
            return Knock(
                name: name, method: "POST", path: "/api/v1.4", headers: ["Content-Type: application/json"],
                body: try JSONSerialization.data(withJSONObject: all))
        }

        private static func knocks(
            _ organization: Organization, _ project: Site.Imported, session: String
        ) throws -> [Knock] {
            let (key, org, own) = (
                organization.key, ["orgToken": organization.token], ["projectToken": project.projectToken]
            )
            let form = "type=UPDATE&token=\(organization.token)&userKey=\(key)&product=P&diff=[]"
            let upload = Data("{\"projectName\":\"Silent\",\"autoCreate\":true,\"bom\":\"e30=\"}".utf8)
            return [
                try call("getOrganizationDetails", org, key), try call("getAllProducts", org, key),
                try call("createProduct", org.merging(["productName": "Silent"]) { $1 }, key),
                try call("getProjectHierarchy", own, key),
                try call("getProjectInventoryReport", own.merging(["format": "json"]) { $1 }, key),
                try call(
                    "generateProjectReportAsync", own.merging(["reportType": "ProjectInventoryReport"]) { $1 }, key),
                Knock(
                    name: "agent", method: "POST", path: "/agent",
                    headers: ["Content-Type: application/x-www-form-urlencoded"], body: Data(form.utf8)),
                Knock(
                    name: "upload", method: "PUT", path: "/api/v1/bom",
                    headers: ["X-Api-Key: \(key)", "Content-Type: application/json"], body: upload),
                Knock(name: "token", method: "GET", path: "/api/v1/bom/token/x", headers: ["X-Api-Key: \(key)"]),
                Knock(name: "ask", method: "GET", path: "/api/ask?q=part", headers: ["X-Api-Key: \(key)"]),
                Knock(name: "console", method: "GET", path: "/", headers: ["Cookie: \(session)"]),
                Knock(
                    name: "entrance", method: "POST", path: "/console/enter",
                    headers: ["Content-Type: application/x-www-form-urlencoded"], body: Data("userKey=\(key)".utf8)),
                Knock(name: "ready", method: "GET", path: "/health/ready"),
                Knock(name: "live", method: "GET", path: "/health/live"),
                Knock(name: "metrics", method: "GET", path: "/metrics"),
            ]
        }

        @Test func everyDoorAnswersInItsTime() throws {
            let postgres = try PostgreSQLServer.started.get()
            let name = try #require(postgres.makeDatabase().split(separator: "?").first?.split(separator: "/").last)
            let relay = try Relay(to: postgres.port)
            defer { relay.end() }
            let url = postgres.url(String(name), byNetwork: true)
            let site = try Site(["--database", url.replacing(":\(postgres.port)/", with: ":\(relay.port)/")])
            let organization = try site.organization()
            let project = try site.importBOM(Document.cycloneDX(libraries: 5), to: organization)
            let server = try RunningServer(site, ["--workers", "0"])
            let entered = try Wire.exchange(
                port: server.port, "POST", "/console/enter", ["Content-Type: application/x-www-form-urlencoded"],
                body: Data("userKey=\(organization.key)".utf8))
            let session = String(try #require(entered.header("Set-Cookie")).prefix { $0 != ";" })
            let knocks = try Self.knocks(organization, project, session: session)
            // All are admitted while the database answers.
            for said in knock(knocks, at: server) {
                #expect((200..<400).contains(said.answer?.status ?? 0), "\(said.name): \(said.answer?.text ?? "")")
            }
            relay.cut()
            for said in knock(knocks, at: server) {
                let answer = try #require(said.answer, "\(said.name) was not answered")
                #expect(said.seconds < 40, "\(said.name) took \(said.seconds) s")
                #expect(!answer.text.contains(site.data) && !answer.text.contains("\(relay.port)"), "\(answer.text)")
                switch said.name {
                case "live", "metrics": #expect(answer.status == 200)
                case "ready": #expect(answer.status == 503)
                case "ask", "console", "entrance", "upload", "token":
                    #expect(answer.status == 503, "\(said.name): \(answer.text)")
                    #expect(answer.header("Retry-After") != nil, "\(said.name): \(answer.head)")
                case "agent": #expect(answer.text.contains("does not answer"), "\(answer.text)")
                default:
                    #expect(try answer.json()["errorCode"] as? Int == 4000, "\(said.name): \(answer.text)")
                    #expect(answer.header("Retry-After") != nil)
                }
            }
            relay.mend()
            #expect(eventually(within: 60, every: 200) { server.isHealthy })
            try server.stop()
        }
    }
}
