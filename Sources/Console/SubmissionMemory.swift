import Bytes
import HTTP
import Synchronization

// DESIGN. A double click sends a form twice, and the browser shows the answer to the second request alone. All forms of a page have one
// random text, so two equal bodies of a session come from one view of a page: the second waits for the first and has its landing, with
// the secret that is shown once. A page that is shown again has another text. Each process remembers for itself.

/// The forms that were sent lately: a form that is sent twice is done once.
final class SubmissionMemory: Sendable {
    /// The field with the random text of a page. Forms without it, such as those of scripts, are done as often as they are sent.
    static let field = "once"
    /// Milliseconds for which a form that was done is remembered.
    private static let lifetime: Int64 = 3000
    private static let limit = 1000

    private struct Entry: Sendable {
        let work: Task<Landing, any Error>
        /// When it was done: milliseconds since 1970, UTC; nil until then.
        var end: Int64?
    }

    private let known = Mutex<[[UInt8]: Entry]>([:])

    /// Executes the request of a form. The same form, meanwhile or within some seconds after it, does nothing more and has the
    /// same outcome.
    ///
    /// - Parameters:
    ///   - body: of the request that brought the form.
    ///   - now: milliseconds since 1970, UTC.
    func landing(
        of sender: Sender, _ body: HTTPRequest.Body, now: @Sendable () -> Int64,
        _ act: @escaping @Sendable () async throws -> Landing
    ) async throws -> Landing {
        guard sender.form.has(Self.field), case .bytes(let bytes) = body else { return try await act() }
        let key = Digest.of(sender.session + Array("\(sender.address.text)\n".utf8) + bytes, .sha256)
        let time = now()
        let work = known.withLock { known in
            known = known.filter { $0.value.end.map { abs(time - $0) < Self.lifetime } ?? true }
            if let found = known[key] { return found.work }
            if known.count >= Self.limit { known.removeAll() }
            // The work belongs to no single request: the browser may cancel the first one while the second one waits.
            let work = Task { try await act() }
            known[key] = Entry(work: work)
            return work
        }
        let outcome = await work.result
        let end = now()
        known.withLock { known in if known[key]?.end == nil { known[key]?.end = end } }
        return try outcome.get()
    }
}
