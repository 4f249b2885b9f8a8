import Database
import Foundation
import Synchronization
import TestSupport
import Testing

// DESIGN. The fields of requests come from the server's own description, so later calls are covered without being named
// here. A trap in arithmetic ends the server's process, so the next request would get no answer.

extension EndToEnd {
    /// Numbers at the limits of their types and beyond, and texts that are no numbers, in every field of every door.
    struct ExtremeValueTests {
        /// A value as JSON, with the whole number that it means.
        struct Value: Sendable {
            let json: String
            var number: Int64?
            /// The field counts as absent.
            var isAbsent = false
        }

        /// Values for fields of text, too.
        static let fewer: [Value] = {
            let digits = String(repeating: "9", count: 5000)
            let texts = ["-1e308", "0.5", #""9223372036854775808""#, "true", "[[1]]", #"{"a":1}"#, "\"\(digits)\""]
            return [Value(json: "\(Int64.max)", number: .max)] + texts.map { Value(json: $0) }
        }()
        /// Values for keys and tokens.
        static let least = [fewer[0], fewer[4], fewer[6]]

        static let values: [Value] = {
            let numbers: [Int64] = [.min, -2_147_483_649, -2_147_483_648, -1, 0, 2_147_483_647, 2_147_483_648]
            let others = [
                "-9223372036854775809", "9223372036854775808", "18446744073709551616", "1e308", "1e400",
                #""-1e308""#, #""nan""#, #""x""#, String(repeating: "9", count: 4000),
                #""99999999-01-01""#, #""0000-01-01""#, #""-0001-01-01""#, #""9999-12-31 23:59:59""#,
            ]
            var values = fewer + numbers.map { Value(json: "\($0)", number: $0) }
            values += others.map { Value(json: $0) }
            values += [Value(json: #""9223372036854775807""#, number: .max), Value(json: "3e0", number: 3)]
            values += ["null", #""""#, "[]"].map { Value(json: $0, isAbsent: true) }
            return values
        }()

        /// One request, with the expected answer.
        private struct Probe: Sendable {
            let body: Data
            let name: String
            let value: String
            /// The expected text of the answer; nil when it may accept the value.
            var refusal: String?
        }

        private static func values(for place: RequestSchema.Place) -> [Value] {
            if place.schema["pattern"] != nil { return least }
            let isTime = (place.schema["description"] as? String)?.hasPrefix("yyyy") == true
            let isNumber = ["integer", "number"].contains(place.schema["type"] as? String)
            let holdsNumbers = (place.schema["items"] as? [String: Any])?["type"] as? String == "integer"
            return isTime || isNumber || holdsNumbers || place.schema["type"] == nil ? values : fewer
        }

        private static func probes(of schema: RequestSchema) throws -> [Probe] {
            var probes: [Probe] = []
            let type = (schema.members["properties"] as? [String: [String: Any]])?["requestType"]?["const"] ?? ""
            for variant in 0..<schema.variants {
                for place in schema.places where place.schema["const"] == nil {
                    let values = values(for: place)
                    // Other examples are only for numbers with a further meaning.
                    if variant > 0, values.count < Self.values.count { continue }
                    for value in values {
                        var probe = Probe(
                            body: try schema.request(variant, with: value.json, at: place),
                            name: "\(type).\(place.name)",
                            value: String(value.json.prefix(60)))
                        if variant == 0, let range = place.range, !value.isAbsent,
                            value.number.map({ !range.contains($0) }) ?? true
                        {
                            // Filters of reports are named without a path.
                            let name = place.name.hasPrefix("filter.") ? String(place.name.dropFirst(7)) : place.name
                            probe.refusal = "\(name) has the value "
                        }
                        probes.append(probe)
                    }
                }
            }
            return probes
        }

        /// An installation with a server, a project and its libraries.
        private struct Installation {
            let server: RunningServer
            let organization: Organization
            let project: Site.Imported
            private let postgres: PostgreSQLServer?

            init(_ engine: Engine) throws {
                var flags: [String] = []
                switch engine {
                case .sqlite: postgres = nil
                case .postgresql:
                    let server = try #require(PostgreSQLServer.shared, "needs Debian's package postgresql-15")
                    flags = ["--database", try server.makeDatabase()]
                    postgres = server
                }
                let site = try Site(flags)
                organization = try site.organization()
                project = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
                server = try RunningServer(
                    site, ["--workers", "0", "--webhook-targets", "https://hooks.example/", "--http-threads", "2"])
            }

            /// The requests in the server's description.
            func schemas() throws -> [RequestSchema] {
                let description = try server.get("/api/openapi.json").json()
                let components = description["components"] as? [String: Any]
                let schemas = components?["schemas"] as? [String: [String: Any]] ?? [:]
                let inventory = try server.call(
                    "getProjectInventory", ["projectToken": project.projectToken], key: organization.key)
                let library = (inventory["libraries"] as? [[String: Any]])?.first?["keyUuid"] as? String
                let values: [String: Any] = [
                    "userKey": organization.key, "orgToken": organization.token, "globalOrgToken": organization.token,
                    "productToken": project.productToken, "projectToken": project.projectToken,
                    "keyUuid": try #require(library), "targetKeyUuid": try #require(library),
                    "libraryUUID": try #require(library), "keyUuids": [try #require(library)],
                    // The report whose filters have a number.
                    "standard": "CycloneDX",
                ]
                return schemas.sorted { $0.key < $1.key }.filter {
                    ($0.value["properties"] as? [String: [String: Any]])?["requestType"]?["const"] != nil
                }.map { RequestSchema($0.value, values: values) }
            }
        }

        /// Sends all probes from several threads; returns the faults.
        private static func send(_ probes: [Probe], to server: RunningServer) -> (wrong: [String], accepted: Int) {
            let wrong = Mutex<[String]>([])
            let next = Atomic(0)
            let accepted = Atomic(0)
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                while case let place = next.wrappingAdd(1, ordering: .relaxed).oldValue, place < probes.count {
                    let probe = probes[place]
                    func report(_ why: String) {
                        wrong.withLock { $0.append("\(probe.name) = \(probe.value): \(why)") }
                    }
                    do {
                        let answer = try server.post(probe.body)
                        let text = String(decoding: answer.body.prefix(4000), as: UTF8.self)
                        let isError = text.hasPrefix("{\"errorCode\"")
                        if answer.status != 200 { report("HTTP \(answer.status)") }
                        if isError, text.contains("\"errorCode\":4000") { report(text) }
                        if !isError { accepted.wrappingAdd(1, ordering: .relaxed) }
                        if let refusal = probe.refusal,
                            !text.contains(refusal) || !text.contains("accepted: a whole number from ")
                        {
                            report("not refused: \(text.prefix(300))")
                        }
                    } catch {
                        report("\(error)")
                        // The server does not answer any more.
                        if !server.isHealthy { next.store(probes.count, ordering: .relaxed) }
                    }
                }
            }
            return (wrong.withLock { $0 }, accepted.load(ordering: .relaxed))
        }

        @Test(arguments: Engine.allCases) func everyFieldOfEveryCall(engine: Engine) throws {
            let installation = try Installation(engine)
            let (server, key) = (installation.server, installation.organization.key)
            let schemas = try installation.schemas()
            #expect(schemas.count > 150)
            var probes = try schemas.flatMap { try Self.probes(of: $0) }
            // The doors are the same on both engines, so only one of them gets the whole walk.
            if engine == .postgresql { probes = stride(from: 0, to: probes.count, by: 11).map { probes[$0] } }
            let begun = Date()
            let (wrong, accepted) = Self.send(probes, to: server)
            print(
                "\(probes.count) requests to \(schemas.count) calls on \(engine), \(accepted) accepted, in \(-begun.timeIntervalSinceNow) s"
            )
            #expect(wrong.isEmpty, "\(wrong.count) of \(probes.count): \(wrong.prefix(20).joined(separator: "\n"))")
            #expect(probes.count > 500 && probes.count < 30_000 && accepted > probes.count / 50)
            #expect(probes.contains { $0.refusal != nil })
            // All data still exist, and everything works.
            #expect(server.isHealthy && server.program.isRunning)
            let vitals = try server.call(
                "getProjectVitals", ["projectToken": installation.project.projectToken], key: key)
            #expect(vitals["projectVitals"] != nil, "\(vitals)")
            let added = try server.call(
                "addProductPolicy",
                [
                    "productToken": installation.project.productToken,
                    "policy": ["name": "last", "filter": ["type": "IN_HOUSE"], "action": ["type": "ALERT"]],
                ], key: key)
            // The walk may have filled the product, because a scope has at most 200 policies.
            #expect(added["policy"] != nil || "\(added)".contains("200"), "\(added)")
            #expect(!server.program.errors.contains("\"level\":\"error\""), "\(server.program.errors.suffix(2000))")
            #expect(try server.stop().status == 0)
        }
    }
}
