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

    /// The product's name, then each notice; lines end in CRLF.
    private static let noticesText = Call("getNoticesTextFile", .one(.product), .readOnly, .work) { visit in
        let name = try ScopeFacts.read(visit.scope, on: visit.connection)?.name ?? ""
        var lines = [name, ""]
        for notice in try LibraryFacts.notices(visit.scope, on: visit.connection) {
            lines += ["Library: \(notice.library)", "Reference: \(notice.reference)"]
            lines += notice.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
            lines.append("")
        }
        let text = lines.joined(separator: "\r\n")
        return .answer(HTTPResponse(type: "text/plain;charset=UTF-8", bytes: Array(text.utf8)))
    }

    /// A ZIP with the text of each licence of the product; those without a text are listed in an entry of their own.
    private static let licensesText = Call("getLicensesTextZip", .one(.product), .readOnly, .work) { visit in
        guard let facts = try ScopeFacts.read(visit.scope, on: visit.connection) else { throw APIError.refused }
        let path = "\(visit.backend.scratch)/\(try visit.backend.random.uuid()).licenses.zip"
        let file = try ScratchFile(path: path)
        let zip = ZIPWriter(
            time: facts.updated, level: .quick, isLarge: false,
            to: { bytes throws(SinkError) in try file.write(bytes) })
        var missing = try LicenseTexts.missing(in: visit.scope, on: visit.connection)
        var isEmpty = true
        var digests: [String: String] = [:]
        func add(_ name: String, _ text: String) throws {
            isEmpty = false
            try zip.add("\(name).txt", text)
        }
        try LicenseTexts.each(in: visit.scope, on: visit.connection) { spdx, text in
            if text.isEmpty { missing.append(spdx) } else { try add(spdx, text) }
        } own: { name, digest, text in
            // Texts of one name may differ, and names of one text in nothing that a file's name shows.
            let entry = "\(IDText.safe(name))-\(digest.prefix(12))"
            guard digests[entry] != digest else { return }
            let isTaken = digests.updateValue(digest, forKey: entry) != nil
            try add(isTaken ? "\(IDText.safe(name))-\(digest)" : entry, text)
        }
        if !missing.isEmpty || isEmpty {
            try zip.add("Licenses without text.txt", missing.map { "\($0)\r\n" }.joined())
        }
        try zip.finish()
        let made = try file.reopened()
        var response = HTTPResponse(
            headers: ["Content-Type": "application/zip"], body: .file(made, offset: 0, count: made.size))
        response.attach(as: "\(facts.name) Licenses.zip")
        return .answer(response)
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
