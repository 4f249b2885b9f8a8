import Dispatch
import Glibc
import HTTP
import Service

extension Command {
    /// Flags of commands that run a server.
    static let serverFlags = [
        Flag("listen", "HOST:PORT", "where to listen; port 0 picks a free one (127.0.0.1:8080)"),
        Flag("tls-certificate", "FILE", "certificate chain, PEM"),
        Flag("tls-key", "FILE", "private key, PEM"),
        Flag("connections", "N", "connections at a time (4096)"),
        Flag("http-threads", "N", "threads of the HTTP server (4)"),
        Flag("connections-per-address", "N", "connections at a time of one address; 0 for any number (512)"),
        Flag("trusted-proxies", "NETWORKS", "proxies whose X-Forwarded-For is believed, between commas (none)"),
        Flag("operations", "HOST:PORT", "where to answer /health and /metrics, and there alone (where all else is)"),
        Flag("rate-limit", "N", "calls of one key in a minute; 0 for any number (30000)"),
        Flag("refusal-limit", "N", "refused keys of one address in a minute; 0 for any number (600)"),
        Flag("reserve", "SHARE", "what uploads leave free on the disk: 5%, or bytes; 0 for none (5%, at least 1 GiB)"),
        Flag("webhook-targets", "URLS", "addresses below which webhooks may lead, between commas (none)"),
        Flag("secret-key-file", "FILE", "key for secrets of webhooks, one for all nodes (DATA/secret.key)"),
        Flag("upload-limit", "BYTES", "longest upload of a bill of materials (256 MiB)"),
        Flag("retention-days", "N", "days that artifacts are kept (7)"),
        Flag("audit-days", "N", "days that the audit trail is kept (365)"),
        Flag("audit-log", "FILE", "the audit trail as JSON lines, - for standard output (none)"),
        Flag("access-log", "FILE", "a JSON line for each request, - for standard output (none)"),
        Flag("part-size", "BYTES", "size after which a report is split, about, before compression (1 GiB)"),
        Flag(
            "update", "TIME", "how often advisories and the rest of what is known are brought in: 6h, 30m, 1d (never)"),
        Flag("from", "URL|DIR", "where --update brings them from (their publishers)"),
        Flag("grace", "SECONDS", "time that running requests and jobs get when the server stops (20)"),
    ]

    static let serve = Command(
        words: ["serve"], operands: "",
        summary: "Runs the API and the report workers in one process.",
        flags: serverFlags + [Flag.signIn] + Flag.mail, printsData: false
    ) { _, configuration in
        let (listen, grace) = (try configuration.listen(), try configuration.grace())
        let signals = try StopSignals(grace: grace)
        let runtime = try Runtime(configuration, exclusively: true)
        let server = try Server(runtime, try configuration.serverSettings(listen: listen))
        signals.beforeTheEnd { server.abandon() }
        server.start()
        print("listening on \(server.url)")
        if let operations = server.operationsURL { print("operations on \(operations)") }
        fflush(nil)
        signals.wait()
        server.stopAndWait(grace: grace)
    }
}

extension Configuration {
    /// The address to listen on.
    func listen() throws(UsageError) -> ListenAddress {
        do {
            return try ListenAddress(parsing: self["listen"] ?? "127.0.0.1:8080")
        } catch {
            throw UsageError(description: "--\(error)")
        }
    }

    /// The seconds that requests and jobs get when a server stops.
    func grace() throws(UsageError) -> Int { try number("grace", in: 0...3600, default: 20) }
}

extension Server {
    /// As `stop`, for a thread without other work.
    func stopAndWait(grace: Int) {
        waiting { [self] in await stop(grace: grace) }
    }
}

extension HTTPServer {
    /// As `drain`, for a thread without other work.
    func drainAndWait(seconds: Int) {
        waiting { [self] in await drain(grace: .seconds(seconds)) }
    }
}

/// Blocks the calling thread until `work` is done.
private func waiting(_ work: @escaping @Sendable () async -> Void) {
    let done = DispatchSemaphore(value: 0)
    // This function waits for the task, so in effect the task has a parent.
    Task {
        await work()
        done.signal()
    }
    done.wait()
}
