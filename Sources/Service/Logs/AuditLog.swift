import Bytes
package import Database

/// Writes the records of the audit trail to a file of JSON lines, after they are committed.
struct AuditLog: Sendable {
    /// The records that are written at once.
    private static let slice = 200

    let file: LineFile
    let database: any Database

    /// Writes the records that are not in the file yet. A crash between file and database repeats lines; the record's number
    /// identifies a repetition. The calling thread blocks.
    func run(goesOn: () -> Bool = { true }) throws {
        while goesOn() {
            let records = try database.read { try AuditTrail.unlogged(limit: Self.slice, on: $0) }
            guard !records.isEmpty else { return }
            try file.append(Array(records.map { $0.json + "\n" }.joined().utf8))
            try database.write { try AuditTrail.markLogged(records, on: $0) }
            guard records.count == Self.slice else { return }
        }
    }
}

extension AuditRecord {
    /// One JSON object; empty members are left out. Times have the format of RFC 3339.
    package var json: String {
        let texts: [(key: StaticString, value: String)] = [
            ("time", TimeText.rfc3339(time)), ("event", event.rawValue), ("email", email), ("address", origin.address),
            ("door", origin.door), ("call", origin.call), ("subject", subject), ("detail", detail),
        ]
        let numbers: [(key: StaticString, value: Int64)] = [
            ("organization", organization), ("account", account), ("key", origin.key), ("product", product),
            ("project", project), ("count", times == 1 ? 0 : times),
        ]
        return JSONWriter.object { json in
            json.number("id", id)
            for (key, value) in texts where !value.isEmpty { json.text(key, value) }
            for (key, value) in numbers where value != 0 { json.number(key, value) }
        }
    }
}
