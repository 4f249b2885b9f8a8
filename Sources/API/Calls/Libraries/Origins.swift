import Bytes
import Database
import HTTP
import Jobs

// The library that source files belong to: mend-api.md §3.3. The work is short, so the asynchronous call does it at once, too,
// and answers with the envelope of a finished process.

extension Call {
    static let origins: [Call] = [
        changeOrigin("changeOriginLibrary", isAsynchronous: false),
        changeOrigin("changeOriginLibraryAsync", isAsynchronous: true),
    ]

    /// The field names by which clients may request the envelope of a process.
    private static let asynchronous = ["async", "asynchronous", "runAsync"]

    private static func changeOrigin(_ name: String, isAsynchronous: Bool) -> Call {
        Call(
            name, .one(.organization), .member, .work,
            takes: [
                .text("targetKeyUuid").required, .texts("sourceFiles").required, .text("userComments"),
            ] + asynchronous.map { .flag($0) }
        ) { visit in
            let request = visit.request
            let uuid = try request.text("targetKeyUuid", accepted: "the keyUuid of a library").lowercased()
            let accepted = "a list of SHA-1 digests, 40 hexadecimal characters each"
            let digests = try request.texts("sourceFiles", accepted: accepted).map { $0.lowercased() }
            for digest in digests {
                let isDigest = digest.utf8.count == 40 && digest.allSatisfy(\.isHexDigit)
                guard isDigest else { throw APIError.badValue(digest, of: "sourceFiles", accepted: accepted) }
            }
            let comments = try request.textIfAny("userComments", accepted: "a text") ?? ""
            var wantsEnvelope = isAsynchronous
            for key in asynchronous {
                if try request.flag(key, default: false) { wantsEnvelope = true }
            }
            let envelope = wantsEnvelope ? try process(visit) : nil
            let (queue, email) = (visit.backend.queue, visit.access.standing.email)
            return visit.changeAndSettleAlerts { writing in
                let changed = try FileOrigins.set(
                    digests, library: uuid, comments: comments, in: writing.scope, by: writing.curator,
                    on: writing.connection)
                guard let changed else { throw APIError.unknownLibrary(uuid, of: "targetKeyUuid") }
                guard let envelope else {
                    return Answer.message("Successfully changed the origin library of \(changed) source files")
                }
                let job = try queue.submit(envelope, claimedBy: "door", on: writing.connection)
                let result = JSONWriter.object { $0.number("files", changed) }
                try queue.succeed(job, owner: "door", result: result, on: writing.connection)
                let ended = try queue.find(uuid: job.uuid, organization: job.organization, on: writing.connection)
                return Envelope(job: ended ?? job, email: email).response
            }
        }
    }

    private static func process(_ visit: borrowing CallVisit) throws -> NewJob {
        let backend = visit.backend
        var job = NewJob(
            uuid: try backend.random.uuid(), organization: visit.scope.organization, kind: .intake, request: "{}",
            processType: "CHANGE_ORIGIN_LIBRARY")
        job.account = visit.access.standing.account
        job.requestSHA1 = Digest.of(visit.request.body, .sha1).hexadecimal
        job.requestToken = try Envelope.requestToken(at: backend.queue.now(), backend.random)
        return job
    }
}
