import Bytes
import Database
import Glibc
import HTTP
import Inventory

// Notices and texts of licences: mend-api.md §3.3.

extension Call {
    static let notices: [Call] = [setLibraryNotice, noticesText, licensesText]

    private static let setLibraryNotice = Call(
        "setLibraryNotice", .one(.organization), .member, .work,
        takes: [.text("libraryUUID").required, .text("text"), .text("reference")]
    ) { visit in
        let uuid = try visit.request.text("libraryUUID", accepted: "the keyUuid of a library").lowercased()
        var text = ""
        if case .text(let given)? = visit.request["text"] { text = given }
        let reference = try visit.request.textIfAny("reference", accepted: "an address or a text") ?? ""
        return visit.change { [text] writing in
            let found = try LibraryFacts.setNotice(
                text, reference: reference, of: uuid, by: writing.curator, on: writing.connection)
            guard found else { throw APIError.unknownLibrary(uuid, of: "libraryUUID") }
            return Answer.message("Successfully set the notice of the library")
        }
    }

    private static let noticesText = Call("getNoticesTextFile", .one(.product), .readOnly, .work) { visit in
        heavyFile(visit) { try noticesText(of: $0, to: $1, on: $2) }
    }

    private static let licensesText = Call("getLicensesTextZip", .one(.product), .readOnly, .work) { visit in
        heavyFile(visit) { try licensesText(of: $0, to: $1, on: $2) }
    }

    /// A file that grows with the scope is made in one of the few places for heavy work, outside of memory.
    ///
    /// - Parameter write: writes the file and returns its media type and name.
    private static func heavyFile(
        _ visit: borrowing CallVisit,
        _ write: @escaping @Sendable (Scope, ScratchFile, any Connection) throws -> (type: String, name: String)
    ) -> Outcome {
        let (scope, backend) = (visit.scope, visit.backend)
        return .write {
            let path = "\(backend.scratch)/\(try backend.random.uuid()).texts"
            return try await backend.heavy(for: scope) {
                let file = try ScratchFile(path: path)
                let (type, name) = try backend.database.snapshot { try write(scope, file, $0) }
                let made = try file.reopened()
                var response = HTTPResponse(
                    headers: ["Content-Type": type], body: .file(made, offset: 0, count: made.size))
                if !name.isEmpty { response.attach(as: name) }
                return response
            }
        }
    }

    /// The product's name, then each notice; lines end in CRLF.
    private static func noticesText(
        of scope: Scope, to file: ScratchFile, on connection: any Connection
    ) throws -> (type: String, name: String) {
        var sink = ByteSink { bytes throws(SinkError) in try file.write(bytes) }
        sink.append(raw: try ScopeFacts.read(scope, on: connection)?.name ?? "")
        sink.append(raw: "\r\n")
        try LibraryFacts.eachNotice(in: scope, on: connection) { notice in
            sink.append(raw: "\r\nLibrary: \(notice.library)\r\nReference: \(notice.reference)\r\n")
            for line in notice.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
                sink.append(raw: String(line))
                sink.append(raw: "\r\n")
            }
            try sink.drain()
        }
        try sink.flush()
        return ("text/plain;charset=UTF-8", "")
    }

    /// A ZIP with the text of each licence of the product; a separate entry lists licences without a text.
    private static func licensesText(
        of scope: Scope, to file: ScratchFile, on connection: any Connection
    ) throws -> (type: String, name: String) {
        guard let facts = try ScopeFacts.read(scope, on: connection) else { throw APIError.refused }
        let zip = ZIPWriter(
            time: facts.updated, level: .quick, isLarge: false,
            to: { bytes throws(SinkError) in try file.write(bytes) })
        var missing = try LicenseTexts.missing(in: scope, on: connection)
        var isEmpty = true
        var digests: [String: String] = [:]
        func add(_ name: String, _ text: String) throws {
            isEmpty = false
            try zip.add("\(name).txt", text)
        }
        try LicenseTexts.each(in: scope, on: connection) { spdx, text in
            if text.isEmpty { missing.append(spdx) } else { try add(spdx, text) }
        } own: { name, digest, text in
            // Texts with one name may differ, and names with one text may become the same file name.
            let entry = "\(IDText.safe(name))-\(digest.prefix(12))"
            guard digests[entry] != digest else { return }
            let isTaken = digests.updateValue(digest, forKey: entry) != nil
            try add(isTaken ? "\(IDText.safe(name))-\(digest)" : entry, text)
        }
        if !missing.isEmpty || isEmpty {
            try zip.add("Licenses without text.txt", missing.map { "\($0)\r\n" }.joined())
        }
        try zip.finish()
        return ("application/zip", "\(facts.name) Licenses.zip")
    }
}

extension ZIPWriter {
    fileprivate func add(_ name: String, _ text: String) throws {
        var sink = ByteSink(to: try begin(name))
        sink.append(raw: text)
        try sink.flush()
        try end()
    }
}
