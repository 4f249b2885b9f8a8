import Database
package import HTTP

/// Accepts documents from people who are signed in, as the upload paths do from programs.
package struct UploadDesk: Sendable {
    package enum Document: String, Sendable {
        case sbom
        case vex

        fileprivate var path: UploadPath { self == .vex ? .vex : .bom }
    }

    private let door: UploadDoor
    private let threads: Threads

    /// Nil if the server accepts no uploads.
    ///
    /// - Parameter threads: the threads for blocking work.
    package init?(_ backend: Backend, on threads: Threads) {
        guard let settings = backend.uploads else { return nil }
        door = UploadDoor(backend, settings)
        self.threads = threads
    }

    /// The longest body, in bytes.
    package var limit: Int { door.settings.limit }

    /// Takes the document in a form (multipart/form-data) with the fields of the upload paths; returns once the job that
    /// imports it is durable. Throws `UploadRefusal`, or an error of the server's own.
    ///
    /// - Parameter keyDigest: the digest of the person's key.
    package func take(
        _ request: HTTPRequest, _ document: Document, by keyDigest: [UInt8], _ caller: Caller
    ) async throws {
        let path = document.path
        do {
            let (job, file) = try await threads.attempt { [door] in
                try door.take(request, path, by: keyDigest, caller)
            }.get()
            _ = try await door.submit(job, file)
        } catch {
            guard let known = UploadError(error, field: path.field ?? "bom") else { throw error }
            throw UploadRefusal(known, document)
        }
    }

    /// The unchanged fields of a form before its document, for a page that shows them again.
    package func typed(in request: HTTPRequest, _ document: Document) -> [String: String] {
        UploadBody.typed(in: request, before: document.path.field ?? "bom")
    }
}

/// The reason why a document was refused, in words for people.
package struct UploadRefusal: Error {
    /// The field of the form; empty when the whole form is at fault.
    package let field: String
    package let text: String

    fileprivate init(_ error: UploadError, _ document: UploadDesk.Document) {
        let file = document == .vex ? "vex" : "bom"
        switch error {
        case .unknownKey: (field, text) = ("", "Your key has ended; sign in again.")
        case .forbidden(let why): (field, text) = ("", why)
        case .keyTooNarrow(let needed):
            (field, text) = ("", "Your key is not for uploads: that needs \(needed.words.joined(separator: " or ")).")
        case .noProject: (field, text) = ("projectName", "There is no such project here.")
        case .noParent: (field, text) = ("parentUUID", "There is no such product here.")
        case .invalid(let name, let value, let accepted):
            let shown = value.isEmpty ? "This is needed." : "“\(value.prefix(100))” cannot be used here."
            (field, text) = (name, "\(shown) Accepted: \(accepted).")
        case .malformed(let why): (field, text) = (file, why)
        case .full(let why): (field, text) = ("", why)
        case .tooMany(let seconds): (field, text) = ("", "Too many requests; try again in \(seconds) seconds.")
        case .fault(let fault): (field, text) = ("", fault.description)
        }
    }
}
