import Foundation
import TestSupport
import Testing

/// The whole server with a bucket: submit, poll, download, and an outage of the bucket.
@Suite(.serialized, .enabled(if: S3Server.isInstalled, "needs Debian's package python3-swift"))
struct S3EndToEndTests {
    private struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// A Waybill server and a user who may send it requests.
    private final class Site {
        let folder: TemporaryFolder
        let environment: [String: String]
        let flags: [String]
        let org: String
        let user: String
        let project: String
        private(set) var url = ""
        private var process: Process?

        private static let program = Bundle.main.bundleURL.path

        /// - Parameter endpoint: the address of the path to the bucket; nil for the bucket's own.
        init(_ bucket: S3Server, by endpoint: String? = nil) throws {
            folder = try TemporaryFolder()
            var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("WAYBILL_") }
            environment["AWS_ACCESS_KEY_ID"] = S3Server.accessKey
            environment["AWS_SECRET_ACCESS_KEY"] = S3Server.secretKey
            environment["WAYBILL_S3_ENDPOINT"] = endpoint ?? bucket.endpoint
            environment["WAYBILL_S3_REGION"] = S3Server.region
            self.environment = environment
            let prefix = UUID().uuidString.lowercased()
            flags = ["--data", folder.path("data"), "--artifacts", "s3://\(S3Server.bucket)/\(prefix)/r"]
            let made = try Self.json(
                ["init", "--organization", "O", "--email", "a@example.org", "--json"] + flags, environment)
            (org, user) = (made["orgToken"] as? String ?? "", made["userKey"] as? String ?? "")
            let parts = (0..<2000).map {
                "{\"type\":\"library\",\"bom-ref\":\"r\($0)\",\"name\":\"part-\($0)\",\"version\":\"1.\($0)\","
                    + "\"purl\":\"pkg:npm/part-\($0)@1.\($0)\"}"
            }
            try """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(parts.joined(separator: ","))]}
            """.write(toFile: folder.path("bom.json"), atomically: true, encoding: .utf8)
            let words = [
                "import", "sbom", folder.path("bom.json"), "--org", org, "--product", "P", "--project", "Q", "--json",
            ]
            let imported = try Self.json(words + flags, environment)
            project = ((imported["projects"] as? [[String: Any]])?.first?["projectToken"]) as? String ?? ""
        }

        deinit { process?.terminate() }

        private static func process(_ words: [String], _ environment: [String: String]) -> (Process, Pipe) {
            let (process, output) = (Process(), Pipe())
            process.executableURL = URL(fileURLWithPath: program + "/waybill")
            process.arguments = words
            process.environment = environment
            process.standardOutput = output
            return (process, output)
        }

        static func json(_ words: [String], _ environment: [String: String]) throws -> [String: Any] {
            let (process, output) = process(words, environment)
            try process.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
                throw Failed(description: "\(words): \(String(decoding: data, as: UTF8.self))")
            }
            return value
        }

        /// The line of `doctor` about the store.
        func findings() throws -> String {
            let all = try Self.json(["doctor", "--json"] + flags, environment)["checks"] as? [[String: Any]] ?? []
            return all.first { $0["check"] as? String == "artifact store" }?["message"] as? String ?? ""
        }

        func serve(_ more: [String] = []) throws {
            stop()
            let (process, output) = Self.process(["serve", "--listen", "127.0.0.1:0"] + flags + more, environment)
            process.standardError = FileHandle(forWritingAtPath: log)
            try process.run()
            self.process = process
            let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            url = line.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) } ?? ""
        }

        private var log: String {
            let path = folder.path("log")
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(atPath: path, contents: nil)
            }
            return path
        }

        var logged: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

        func stop() {
            process?.terminate()
            process?.waitUntilExit()
            process = nil
        }

        /// The output of curl for a call; the body of the answer is written to `file`.
        @discardableResult
        func call(_ type: String, _ fields: [String: Any], to file: String, _ more: [String] = []) throws -> String {
            var body = fields
            body["requestType"] = type
            body["userKey"] = user
            let data = try JSONSerialization.data(withJSONObject: body)
            let (process, output) = (Process(), Pipe())
            process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
            process.arguments =
                ["-sS", "--noproxy", "*", "-o", folder.path(file), "-H", "Content-Type: application/json"]
                + [
                    "-d", String(decoding: data, as: UTF8.self), "-w", "%{http_code} %{content_type}",
                    "\(url)/api/v1.4",
                ]
                + more
            process.standardOutput = output
            try process.run()
            let told = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: told, as: UTF8.self)
        }

        func answer(_ type: String, _ fields: [String: Any]) throws -> [String: Any] {
            try call(type, fields, to: "answer")
            let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("answer")))
            return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        }

        func submit(_ format: String) throws -> String {
            let answer = try answer(
                "generateProjectReportAsync",
                ["projectToken": project, "reportType": "ProjectInventoryReport", "format": format])
            let status = answer["asyncProcessStatus"] as? [String: Any] ?? answer
            guard let uuid = status["uuid"] as? String else { throw Failed(description: "\(answer)") }
            return uuid
        }

        func status(_ uuid: String) throws -> [String: Any] {
            let answer = try answer("getAsyncProcessStatus", ["orgToken": org, "uuid": uuid])
            return answer["asyncProcessStatus"] as? [String: Any] ?? answer
        }

        /// Waits for the end of a job.
        func finish(_ uuid: String) throws {
            for _ in 0..<1200 {
                let now = try status(uuid)
                switch now["status"] as? String {
                case "SUCCESS": return
                case "PENDING", "IN_PROGRESS": usleep(100_000)
                default: throw Failed(description: "\(now)")
                }
            }
            throw Failed(description: "no end: \(try status(uuid)); \(logged.suffix(2000))")
        }

        func isGood(_ file: String) throws -> Bool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/unzip")
            process.arguments = ["-tqq", folder.path(file)]
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }

    @Test("submit, poll, download; an outage delays a report and loses none; no secret is logged")
    func outage() throws {
        let bucket = try S3Server()
        let site = try Site(bucket)
        #expect(try site.findings() == "can be written")
        try site.serve(["--part-size", "100000"])
        let first = try site.submit("json")
        try site.finish(first)
        let request = ["orgToken": site.org, "reportStatusUUID": first]
        #expect(try site.call("downloadAsyncReport", request, to: "first.zip") == "200 application/zip")
        #expect(try site.isGood("first.zip"))

        try bucket.kill()
        #expect(try site.findings().contains(bucket.endpoint))
        let second = try site.submit("xml")
        // Waits until the job was tried and requeued.
        for _ in 0..<300 where !site.logged.contains("job waiting") { usleep(100_000) }
        #expect(site.logged.contains("job waiting"))
        let during = try site.status(second)["status"] as? String
        #expect(during == "PENDING" || during == "IN_PROGRESS")
        // A download in the meantime gives an error with the reason, not a report.
        #expect(try site.call("downloadAsyncReport", request, to: "none") != "200 application/zip")
        try bucket.start()
        try site.finish(second)
        #expect(
            try site.call("downloadAsyncReport", ["orgToken": site.org, "reportStatusUUID": second], to: "second.zip")
                == "200 application/zip")
        #expect(try site.isGood("second.zip"))
        #expect(!site.logged.contains(S3Server.secretKey) && !site.logged.contains(S3Server.accessKey))
        site.stop()
    }

    @Test("a bucket that can be reached and says nothing holds no request, and the answer says when to come again")
    func silence() throws {
        let bucket = try S3Server.started.get()
        let relay = try Relay(to: try #require(bucket.endpoint.split(separator: ":").last.flatMap { Int($0) }))
        defer { relay.end() }
        let site = try Site(bucket, by: "http://127.0.0.1:\(relay.port)")
        try site.serve()
        let uuid = try site.submit("json")
        try site.finish(uuid)
        let request = ["orgToken": site.org, "reportStatusUUID": uuid]
        #expect(try site.call("downloadAsyncReport", request, to: "first.zip") == "200 application/zip")
        relay.cut()
        let begun = Date()
        let told = try site.call(
            "downloadAsyncReport", request, to: "none", ["-D", site.folder.path("head"), "--max-time", "60"])
        #expect(-begun.timeIntervalSinceNow < 40)
        #expect(told.hasPrefix("200 application/json"), "\(told)")
        let text = try String(contentsOfFile: site.folder.path("none"), encoding: .utf8)
        #expect(text.contains("\"errorCode\":4000"), "\(text)")
        for secret in ["\(relay.port)", site.folder.path("data")] {
            #expect(!text.contains(secret), "\(text)")
        }
        let head = try String(contentsOfFile: site.folder.path("head"), encoding: .utf8)
        #expect(head.contains("Retry-After: "), "\(head)")
        relay.mend()
        var again = ""
        for _ in 0..<60 where again != "200 application/zip" {
            again = try site.call("downloadAsyncReport", request, to: "again.zip")
            usleep(200_000)
        }
        #expect(try again == "200 application/zip" && site.isGood("again.zip"))
        site.stop()
    }

    @Test("where the setting asks, the client is sent to the bucket")
    func links() throws {
        let site = try Site(try S3Server.started.get())
        try site.serve(["--s3-link-seconds", "60"])
        let uuid = try site.submit("csv")
        try site.finish(uuid)
        let request = ["orgToken": site.org, "reportStatusUUID": uuid]
        #expect(try site.call("downloadAsyncReport", request, to: "none").hasPrefix("303"))
        #expect(try site.call("downloadAsyncReport", request, to: "it.zip", ["-L"]) == "200 application/zip")
        #expect(try site.isGood("it.zip"))
        site.stop()
    }
}
