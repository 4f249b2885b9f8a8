import Bytes
import CPostgreSQL
import Glibc

/// The address of a PostgreSQL server with the options of connections, in libpq's form.
///
/// libpq gets the text unchanged, so environment variables, password files, `sslmode` and Unix sockets work as its
/// documentation says (PostgreSQL 15, 34.1 and 34.15 to 34.19).
struct PostgreSQLURL: Sendable {
    private let text: String
    /// Without secrets, for a log.
    let description: String
    private let secrets: [String]

    init(_ text: String) {
        self.text = text
        var found: [String: String] = [:]
        let options = PQconninfoParse(text, nil)
        defer { PQconninfoFree(options) }
        var option = options
        while let current = option, let keyword = current.pointee.keyword {
            if let value = current.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option = current + 1
        }
        // In a text that libpq cannot read, the secret may be anywhere.
        guard options != nil else {
            description = "postgresql://…"
            secrets = []
            return
        }
        secrets = ["password", "sslpassword"].compactMap { found[$0] }.filter { !$0.isEmpty }
        let user = found["user"].map { "\($0)@" } ?? ""
        let port = found["port"].map { ":\($0)" } ?? ""
        description = "postgresql://\(user)\(found["host"] ?? found["hostaddr"] ?? "")\(port)/\(found["dbname"] ?? "")"
    }

    /// Makes one connection; blocks for up to `connect_timeout` (10 seconds by default) or the caller's time limit.
    func connect() throws(DatabaseError) -> OpaquePointer {
        var settings = [
            ("fallback_application_name", "waybill"),
            // A peer that is cut off is detected within about a minute instead of hours.
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "60000"),
        ]
        if getenv("PGCONNECT_TIMEOUT") == nil {
            // libpq raises values below two seconds to two.
            let seconds = Patience.current.map { max(2, min(10, Int($0 / .seconds(1)))) } ?? 10
            settings.append(("connect_timeout", "\(seconds)"))
        }
        // Later settings win: first the defaults of this program, then the URL's, then the settings that this target
        // relies on.
        settings.append(("dbname", text))
        settings.append(("client_encoding", "UTF8"))
        let keys = settings.map { strdup($0.0) } + [nil]
        let values = settings.map { strdup($0.1) } + [nil]
        defer { for pointer in keys + values { free(pointer) } }
        let handle = PQconnectdbParams(
            keys.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
        guard let handle else { throw .unavailable(url: description, why: "out of memory") }
        guard PQstatus(handle) == CONNECTION_OK else {
            let why = message(of: handle)
            PQfinish(handle)
            throw .unavailable(url: description, why: why)
        }
        return handle
    }

    /// libpq's message about a connection's last fault, in one line and without secrets.
    func message(of handle: OpaquePointer) -> String {
        // For a URL that it cannot read, libpq's message repeats parts of the URL.
        if description == "postgresql://…" {
            return "libpq cannot read this URL; reserved characters are written as %XX"
        }
        return cleaned(String(cString: PQerrorMessage(handle)))
    }

    /// A message in one line and without secrets.
    func cleaned(_ message: String) -> String {
        var text = message.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }
            .joined(separator: "; ")
        for secret in secrets { text.replace(secret, with: "…") }
        return text
    }
}
