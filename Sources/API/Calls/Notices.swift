import Bytes
import Database
import HTTP

// Notices and texts of licences: mend-api.md §3.3.

extension Call {
    static let notices: [Call] = [setLibraryNotice, noticesText]

    private static let setLibraryNotice = Call("setLibraryNotice", .one(.organization), .member, .work) { visit in
        let uuid = try visit.request.text("libraryUUID", accepted: "the keyUuid of a library").lowercased()
        var text = ""
        if case .text(let given)? = visit.request["text"] { text = given }
        let reference = try visit.request.textIfAny("reference", accepted: "an address or a text") ?? ""
        return visit.change { [text] deed, connection in
            let found = try LibraryFacts.setNotice(
                text, reference: reference, of: uuid, by: deed.curator, on: connection)
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
}
