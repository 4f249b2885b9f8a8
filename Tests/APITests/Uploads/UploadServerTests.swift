import Foundation
import Glibc
import Testing

/// The whole way with the real server, called by curl like CI steps: upload, report, download.
struct UploadServerTests {
    struct Stopped: Error, CustomStringConvertible { let description: String }

    /// A server process on a free port, with an organization.
    final class Server {
        let folder: URL
        let url: String
        let key: String
        let organization: String
        private let process: Process

        init(_ flags: [String] = []) throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("upload-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // The executable is in the folder of the tests' executable.
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let program = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("waybill")
            try #require(FileManager.default.isExecutableFile(atPath: program.path), "no \(program.path)")
            let data = folder.appendingPathComponent("data").path
            let made = try UploadServerTests.run(
                program.path, ["init", "--data", data, "--organization", "Acme", "--email", "a@acme.example", "--json"])
            let account = try #require(try JSONSerialization.jsonObject(with: made) as? [String: String])
            key = try #require(account["userKey"])
            organization = try #require(account["orgToken"])

            process = Process()
            process.executableURL = program
            process.arguments = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--workers", "3"] + flags
            let output = folder.appendingPathComponent("out")
            try Data().write(to: output)
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = FileHandle.nullDevice
            try process.run()
            var line = ""
            for _ in 0..<600 where !line.hasSuffix("\n") {
                usleep(50_000)
                line = try String(contentsOf: output, encoding: .utf8)
            }
            guard line.hasPrefix("listening on ") else { throw Stopped(description: "the server said: \(line)") }
            url = String(line.dropFirst(13).dropLast())
        }

        deinit {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: folder)
        }

        /// The most memory that the server has had, in KiB.
        func peak() throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
        }

        /// Runs curl and returns status and body.
        func curl(_ arguments: [String], path: String, key: String? = nil) throws -> (status: Int, body: Data) {
            let printed = try UploadServerTests.run(
                "/usr/bin/curl",
                ["-sS", "-w", "\n%{http_code}", "-H", "X-Api-Key: \(key ?? self.key)"] + arguments + [url + path])
            let cut = try #require(printed.lastIndex(of: 0x0A))
            let status = Int(String(decoding: printed[(cut + 1)...], as: UTF8.self)) ?? 0
            return (status, printed[..<cut])
        }

        func json(_ arguments: [String], path: String) throws -> [String: Any] {
            let (status, body) = try curl(arguments, path: path)
            guard status == 200, let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any] else {
                throw Stopped(description: "\(status): \(String(decoding: body, as: UTF8.self))")
            }
            return object
        }

        func call(_ type: String, _ fields: [String: String]) throws -> [String: Any] {
            var fields = fields
            fields["requestType"] = type
            fields["userKey"] = key
            fields["orgToken"] = organization
            let body = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
            return try json(["-d", body], path: "/api/v1.4")
        }

        /// Waits for the end of a process and returns its envelope.
        func end(of uuid: String) throws -> [String: Any] {
            for _ in 0..<1200 {
                let answer = try call("getAsyncProcessStatus", ["uuid": uuid])
                let envelope = try #require(answer["asyncProcessStatus"] as? [String: Any], "\(answer)")
                if ["SUCCESS", "FAILED"].contains(envelope["status"] as? String) { return envelope }
                usleep(100_000)
            }
            throw Stopped(description: "\(uuid) does not end")
        }

        /// The text of the organization's inventory, asked for now.
        func inventory() throws -> String {
            let answer = try call(
                "generateOrganizationReportAsync", ["reportType": "OrgInventoryReport", "format": "json"])
            let envelope = try #require(answer["asyncProcessStatus"] as? [String: Any], "\(answer)")
            let uuid = try #require(envelope["uuid"] as? String)
            #expect(try end(of: uuid)["status"] as? String == "SUCCESS")
            let body = [
                "requestType": "downloadAsyncReport", "userKey": key, "orgToken": organization,
                "reportStatusUUID": uuid,
            ]
            let request = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
            let zip = folder.appendingPathComponent("\(uuid).zip")
            try curl(["-d", request], path: "/api/v1.4").body.write(to: zip)
            return String(decoding: try UploadServerTests.run("/usr/bin/unzip", ["-p", zip.path]), as: UTF8.self)
        }

        func write(_ text: String, to name: String) throws -> String {
            let file = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            return file.path
        }

        func isProcessing(_ token: String) throws -> Bool? {
            try json([], path: "/api/v1/event/token/\(token)")["processing"] as? Bool
        }
    }

    static func run(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let printed = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Stopped(description: "\(program): \(String(decoding: printed.prefix(2000), as: UTF8.self))")
        }
        return printed
    }

    static func bom(_ library: String, padding: Int = 0) -> String {
        let filler = String(repeating: ",{\"type\":\"library\",\"name\":\"filler\",\"version\":\"1\"}", count: padding)
        return """
            {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
             "metadata": {"component": {"type": "application", "name": "app", "version": "1"}},
             "components": [{"type": "library", "name": "\(library)", "version": "1.3.0",
              "purl": "pkg:npm/\(library)@1.3.0"}\(filler)]}
            """
    }

    @Test func uploadsOfBothFormsAreInTheNextReport() throws {
        let server = try Server()
        let file = try server.write(Self.bom("left-pad"), to: "bom.json")
        let form = try server.json(
            [
                "-F", "autoCreate=true", "-F", "projectName=web", "-F", "projectVersion=1.0", "-F", "isLatest=true",
                "-F", "bom=@\(file)",
            ], path: "/api/v1/bom")
        let text = Data(Self.bom("right-pad").utf8).base64EncodedString(options: .lineLength76Characters)
        let body = try server.write(
            "{\"projectName\":\"api\",\"projectVersion\":\"2\",\"parentName\":\"Shop\",\"autoCreate\":true,\"bom\":\"\(text)\"}",
            to: "put.json")
        let object = try server.json(
            ["-X", "PUT", "-H", "Content-Type: application/json", "--data-binary", "@\(body)"], path: "/api/v1/bom")

        // The report is requested at once, so it waits for both.
        let report = try server.inventory()
        #expect(report.contains("left-pad") && report.contains("right-pad"))
        for token in [form["token"], object["token"]] {
            let token = try #require(token as? String)
            #expect(try server.isProcessing(token) == false)
            #expect(try server.end(of: token)["status"] as? String == "SUCCESS")
        }
        let vitals = try server.call("getOrganizationProjectVitals", [:])["projectVitals"] as? [[String: Any]]
        let places = (vitals ?? []).map { "\($0["productName"] as? String ?? "")/\($0["name"] as? String ?? "")" }
        #expect(places == ["Default/web - 1.0", "Shop/api - 2"])

        // A broken document is accepted, its job fails, and the project stays unchanged.
        let token = try #require(vitals?.first?["token"] as? String)
        let broken = try server.write(
            "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"comp", to: "broken.json")
        let upload = try server.json(["-F", "project=\(token)", "-F", "bom=@\(broken)"], path: "/api/v1/bom")
        let uuid = try #require(upload["token"] as? String)
        let envelope = try server.end(of: uuid)
        #expect(envelope["status"] as? String == "FAILED")
        #expect((envelope["errorMessage"] as? String)?.isEmpty == false)
        #expect(try server.isProcessing(uuid) == false)
        #expect(try server.inventory() == report)
    }

    @Test func refusals() throws {
        let server = try Server(["--upload-limit", "100000"])
        let small = try server.write(Self.bom("left-pad"), to: "small.json")
        let large = try server.write(Self.bom("left-pad", padding: 3000), to: "large.json")
        let fields = ["-F", "projectName=web", "-F", "autoCreate=true", "-F"]
        #expect(try server.curl(fields + ["bom=@\(large)"], path: "/api/v1/bom").status == 413)
        #expect(
            try server.curl(["-H", "Transfer-Encoding: chunked"] + fields + ["bom=@\(large)"], path: "/api/v1/bom")
                .status == 413)
        let wrong = String(repeating: "0", count: 64)
        #expect(try server.curl(fields + ["bom=@\(small)"], path: "/api/v1/bom", key: wrong).status == 401)
        #expect(
            try server.curl(["-F", "projectName=web", "-F", "bom=@\(small)"], path: "/api/v1/bom").status == 404)
        #expect(try server.curl(["-X", "PUT", "-d", "{"], path: "/api/v1/bom").status == 400)
        for folder in ["data/spool", "data/incoming"] {
            let path = server.folder.appendingPathComponent(folder).path
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [])
        }
    }

    /// 50 MB of document in either form need only the memory of the buffers.
    @Test func largeUploadsNeedNoMemory() throws {
        // No workers run, because the import is measured separately.
        let server = try Server(["--workers", "0"])
        let before = try server.peak()
        let file = try server.write(Self.bom("left-pad", padding: 1_100_000), to: "bom.json")
        let size = try #require(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
        try #require(size > 50_000_000)
        let form = ["-F", "projectName=web", "-F", "autoCreate=true", "-F", "bom=@\(file)"]
        let first = try server.json(form, path: "/api/v1/bom")
        let body = server.folder.appendingPathComponent("put.json")
        var text = Data("{\"projectName\":\"api\",\"autoCreate\":true,\"bom\":\"".utf8)
        text += try Data(contentsOf: URL(fileURLWithPath: file)).base64EncodedData()
        text += Data("\"}".utf8)
        try text.write(to: body)
        let second = try server.json(["-X", "PUT", "--data-binary", "@\(body.path)"], path: "/api/v1/bom")
        let after = try server.peak()
        #expect(after - before < 8 << 10, "\(before) KiB before, \(after) KiB after")

        for token in [first["token"], second["token"]] {
            let token = try #require(token as? String)
            let spooled = server.folder.appendingPathComponent("data/spool/\(token)").path
            _ = try Self.run("/usr/bin/cmp", [file, spooled])
            #expect(try server.isProcessing(token) == true)
        }
    }
}
