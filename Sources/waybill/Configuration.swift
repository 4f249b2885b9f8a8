import Bytes
import Database
import Glibc
import Store

/// Settings of a process: from flags, then `WAYBILL_*` variables, then the file that `--config` names.
struct Configuration: Sendable {
    private let arguments: Arguments
    private let file: [String: String]

    init(_ arguments: Arguments) throws(UsageError) {
        self.arguments = arguments
        let path = arguments["config"] ?? Self.environment("config")
        file = try path.map { path throws(UsageError) in try Self.read(path) } ?? [:]
    }

    /// A setting by the name of its flag; empty values count as absent.
    subscript(_ name: String) -> String? {
        for value in [arguments[name], Self.environment(name), file[name]] {
            if let value, !value.isEmpty { return value }
        }
        return nil
    }

    /// A setting that has to be there.
    func required(_ name: String) throws(UsageError) -> String {
        guard let value = self[name] else { throw UsageError(description: "--\(name) is missing") }
        return value
    }

    private static func environment(_ name: String) -> String? {
        let variable = "WAYBILL_" + name.uppercased().split(separator: "-").joined(separator: "_")
        return getenv(variable).map { String(cString: $0) }
    }

    private static func read(_ path: String) throws(UsageError) -> [String: String] {
        guard let file = fopen(path, "r") else {
            throw UsageError(description: "cannot read the settings in \(path): \(systemMessage(errno))")
        }
        defer { fclose(file) }
        // A misspelt name must not pass for a setting; those of other commands may stand in the same file.
        let names = Set(Command.all.flatMap(\.allFlags).filter { $0.value != nil }.map(\.name))
        var settings: [String: String] = [:]
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        var number = 0
        while getline(&line, &room, file) >= 0, let start = line {
            number += 1
            let text = String(cString: start).trimmed
            if text.isEmpty || text.hasPrefix("#") { continue }
            guard let mark = text.firstIndex(of: "=") else {
                throw UsageError(description: "\(path), line \(number): expected `name = value`, found: \(text)")
            }
            let name = String(text[..<mark]).trimmed
            guard names.contains(name) else {
                throw UsageError(description: "\(path), line \(number): there is no setting \(name)")
            }
            settings[name] = String(text[text.index(after: mark)...]).trimmed
        }
        return settings
    }

    func number(_ name: String, in range: ClosedRange<Int>, default value: Int) throws(UsageError) -> Int {
        guard let text = self[name] else { return value }
        guard let number = NumberText.whole(text, in: range) else {
            throw UsageError(
                description:
                    "--\(name) is \(text.prefix(100)); accepted: a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    // MARK: What the settings come to

    /// The data directory, absolute.
    func dataDirectory() -> String {
        let path = self["data"] ?? "./waybill-data"
        if path.hasPrefix("/") { return path }
        guard let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }

    func databaseURL() throws(UsageError) -> DatabaseURL {
        guard let text = self["database"] else { return .sqlite(path: dataDirectory() + "/waybill.sqlite") }
        guard let url = DatabaseURL(text) else {
            throw UsageError(description: "--database is \(text); accepted: sqlite:PATH or postgresql://…")
        }
        return url
    }

    func workers() throws(UsageError) -> Int {
        try number("workers", in: 0...256, default: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    func artifactStore() throws -> any ArtifactStore {
        try artifactStore(at: self["artifacts"] ?? "file:\(dataDirectory())/artifacts", linking: true)
    }

    /// The store at a URL, with the settings that buckets share. Without `linking` it gives bytes, never links.
    func artifactStore(at text: String, linking: Bool) throws -> any ArtifactStore {
        if text.hasPrefix("s3:") {
            var settings = try s3Settings(text)
            if !linking { settings.linkLife = nil }
            return S3Store(settings)
        }
        guard text.hasPrefix("file:"), text.count > 5 else {
            throw UsageError(description: "--artifacts is \(text); accepted: file:DIR or s3://bucket/prefix")
        }
        return try FileStore(root: String(text.dropFirst(5)))
    }

    func logLevel(default level: Log.Level = .info) throws(UsageError) -> Log.Level {
        let text = self["log-level"] ?? level.rawValue
        guard let level = Log.Level(rawValue: text.lowercased()) else {
            throw UsageError(description: "--log-level is \(text); accepted: debug, info, warning, error")
        }
        return level
    }
}

extension String {
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
