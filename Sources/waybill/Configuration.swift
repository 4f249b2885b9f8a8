import API
import Bytes
import Database
import Feeds
import FoundationEssentials
import Glibc
import HTTP
import Reports
import Service
import Store

/// The settings of a process: from flags, then from `WAYBILL_*` variables, then from the file that `--config` names.
struct Configuration: Sendable {
    private let arguments: Arguments
    private let file: [String: String]

    init(_ arguments: Arguments) throws(UsageError) {
        self.arguments = arguments
        let path = arguments["config"] ?? Self.environment("config")
        file = try path.map { path throws(UsageError) in try Self.read(path) } ?? [:]
    }

    /// A setting by the name of its flag; an empty value counts as absent.
    subscript(_ name: String) -> String? {
        for value in [arguments[name], Self.environment(name), file[name]] {
            if let value, !value.isEmpty { return value }
        }
        return nil
    }

    /// Whether the command line itself has a flag.
    func isFlag(_ name: String) -> Bool { arguments[name] != nil }

    /// A required setting.
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
        // A misspelt name must not count as a setting; settings of other commands may be in the same file.
        let names = Set(Command.all.flatMap(\.allFlags).filter { $0.value != nil }.map(\.name))
        var settings: [String: String] = [:]
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        var number = 0
        while getline(&line, &room, file) >= 0, let start = line {
            number += 1
            let text = String(cString: start).trimmingBlanks()
            if text.isEmpty || text.hasPrefix("#") { continue }
            guard let mark = text.firstIndex(of: "=") else {
                throw UsageError(description: "\(path), line \(number): expected `name = value`, found: \(text)")
            }
            let name = String(text[..<mark]).trimmingBlanks()
            guard names.contains(name) else {
                throw UsageError(description: "\(path), line \(number): there is no setting \(name)")
            }
            settings[name] = String(text[text.index(after: mark)...]).trimmingBlanks()
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
        var path = self["data"] ?? "./waybill-data"
        if !path.hasPrefix("/") {
            guard let here = getcwd(nil, 0) else { return path }
            defer { free(here) }
            path = String(cString: here) + "/" + path
        }
        // The path for people, without steps that cancel each other.
        return "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// Warns of variables whose names nearly match a setting. Other variables, such as those that Kubernetes sets in every
    /// container, are ignored.
    static func warnOfMistypedVariables() {
        let names = Set(Command.all.flatMap(\.allFlags).filter { $0.value != nil }.map(\.name)).union(["config"])
        for variable in ProcessInfo.processInfo.environment.keys.sorted() where variable.hasPrefix("WAYBILL_") {
            let name = variable.dropFirst(8).lowercased().replacing("_", with: "-")
            guard !names.contains(name), let near = NearWord.nearest(to: name, among: names.sorted()) else { continue }
            let meant = near.uppercased().replacing("-", with: "_")
            complain("\(variable) is no setting and is not used; did you mean WAYBILL_\(meant)?\n")
        }
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

    /// The store of artifacts.
    func artifactStore() throws -> any ArtifactStore { try storeSettings().open() }

    /// The store at a URL, with the settings that all buckets share. It returns bytes, never links.
    func artifactStore(at text: String) throws -> any ArtifactStore {
        var settings = try storeSettings(at: text)
        if case .bucket(var bucket) = settings {
            bucket.linkLife = nil
            settings = .bucket(bucket)
        }
        return try settings.open()
    }

    private func storeSettings() throws -> StoreSettings {
        try storeSettings(at: self["artifacts"] ?? "file:\(dataDirectory())/artifacts")
    }

    private func storeSettings(at text: String) throws -> StoreSettings {
        if text.hasPrefix("s3:") { return .bucket(try s3Settings(text)) }
        guard text.hasPrefix("file:"), text.count > 5 else {
            throw UsageError(description: "--artifacts is \(text); accepted: file:DIR or s3://bucket/prefix")
        }
        return .folder(String(text.dropFirst(5)))
    }

    /// The settings with which commands open the data.
    func runtimeSettings() throws -> RuntimeSettings {
        var settings = RuntimeSettings(
            dataDirectory: dataDirectory(), database: try databaseURL(), artifacts: try storeSettings())
        settings.sharesArtifacts = self["artifacts"] != nil
        settings.sessions = max(16, try workers() + 8)
        settings.retention = Int64(try number("retention-days", in: 1...3650, default: 7)) * TimeText.day
        settings.auditRetention = Int64(try number("audit-days", in: 1...36_500, default: 365)) * TimeText.day
        settings.production.partSize = try number("part-size", in: 4096...(2 << 30), default: 1 << 30)
        return settings
    }

    /// The settings of a server.
    func serverSettings(listen: ListenAddress) throws -> ServerSettings {
        var settings = ServerSettings(listen: listen, workers: try workers())
        settings.threads = try number("http-threads", in: 1...64, default: settings.threads)
        settings.connections = try number("connections", in: 1...100_000, default: settings.connections)
        settings.connectionsPerAddress = try number(
            "connections-per-address", in: 0...100_000, default: settings.connectionsPerAddress)
        settings.rateLimit = try number("rate-limit", in: 0...10_000_000, default: settings.rateLimit)
        settings.refusalLimit = try number("refusal-limit", in: 0...10_000_000, default: settings.refusalLimit)
        settings.trustedProxies =
            try parsed("trusted-proxies", as: "addresses and networks as 10.0.0.0/8, between commas") {
                AddressRanges($0)
            } ?? settings.trustedProxies
        settings.reserve =
            try parsed("reserve", as: "a share of the disk as 5%, or a number of bytes; 0 for none") {
                DiskReserve($0)
            } ?? settings.reserve
        settings.operations = try parsed("operations", as: "HOST:PORT") { try? ListenAddress(parsing: $0) }
        settings.uploadLimit = try number("upload-limit", in: 1...(1 << 40), default: UploadSettings.defaultLimit)
        settings.secretKeyFile = self["secret-key-file"]
        settings.auditLog = self["audit-log"]
        settings.accessLog = self["access-log"]
        settings.webhookTargets =
            try parsed("webhook-targets", as: "addresses as https://HOST/PATH/, between commas") {
                WebhookTargets($0)
            } ?? settings.webhookTargets
        settings.updates = try updates()
        settings.mail = try mail()
        settings.signIn = try signIn()
        switch (self["tls-certificate"], self["tls-key"]) {
        case (let certificate?, let key?): settings.tls = .init(certificate: certificate, key: key)
        case (nil, nil): break
        case (.some, nil), (nil, .some):
            throw UsageError(description: "--tls-certificate and --tls-key go together; one of them is missing")
        }
        return settings
    }

    /// The interval and origin of automatic updates; nil for none.
    private func updates() throws -> UpdateSettings? {
        guard let text = self["update"] else { return nil }
        let units: [Character: Int64] = ["m": 60_000, "h": 3_600_000, "d": TimeText.day]
        let range: ClosedRange<Int64> = 600_000...(30 * TimeText.day)
        guard let unit = text.last.flatMap({ units[$0] }),
            let count = NumberText.whole(text.dropLast(), in: Int64(1)...100_000), range.contains(count * unit)
        else {
            throw UsageError(description: "--update is \(text.prefix(100)); accepted: 10m to 30d, as 30m, 6h or 1d")
        }
        if let from = self["from"] {
            do throws(FeedError) {
                _ = try FeedOrigin(from)
            } catch {
                throw UsageError(description: "--from: \(error)")
            }
        }
        return UpdateSettings(interval: count * unit, origin: self["from"] ?? "")
    }

    /// The file with the key that encrypts secrets of webhooks.
    func secretKey() -> SecretKey {
        SecretKey(path: self["secret-key-file"] ?? "\(dataDirectory())/\(SecretKey.fileName)")
    }

    /// A setting that `read` interprets (nil for an invalid value); nil when the setting is absent.
    private func parsed<Value>(
        _ name: String, as accepted: String, _ read: (String) -> Value?
    ) throws(UsageError) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = read(text) else {
            throw UsageError(description: "--\(name) is \(text); accepted: \(accepted)")
        }
        return value
    }

    func logLevel(default level: Log.Level = .info) throws(UsageError) -> Log.Level {
        let text = self["log-level"] ?? level.rawValue
        guard let level = Log.Level(rawValue: text.lowercased()) else {
            throw UsageError(description: "--log-level is \(text); accepted: debug, info, warning, error")
        }
        return level
    }
}

extension Runtime {
    /// Opens the parts that a command needs.
    ///
    /// - Parameters:
    ///   - exclusively: whether other servers are kept from the data directory in the meantime.
    ///   - level: the least level of the log, unless the settings give one.
    init(_ configuration: Configuration, exclusively: Bool = false, logLevel level: Log.Level = .info) throws {
        var settings = try configuration.runtimeSettings()
        settings.isExclusive = exclusively
        let log = Log.standardError(try configuration.logLevel(default: level))
        let ticker = UpgradeTicker(log)
        try self.init(settings, log: log, upgrading: { ticker.show($0) })
    }
}
