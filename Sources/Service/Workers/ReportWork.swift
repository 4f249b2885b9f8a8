import Bytes
import Database
import Inventory
import Jobs
import Reports
import Store

/// The work of a REPORT job: request -> production -> artifact.
struct ReportWork: Sendable {
    let database: any Database
    let queue: Queue
    let store: any ArtifactStore
    let settings: Production.Settings
    let observe: @Sendable (MadeReport) -> Void

    /// Makes the report of a lease and marks the job as done.
    func run(_ lease: Lease) throws {
        let job = lease.job
        // The number of a claim is unique, so the name is, too.
        try make(try ReportRequest(json: job.request), name: "\(job.uuid)-\(job.claims)", lease: lease)
    }

    private func make(_ request: ReportRequest, name: String, lease: Lease) throws {
        let job = lease.job
        let begun = queue.now()
        let existing = try database.read { connection in
            let facts = try ScopeFacts.read(request.scope, on: connection)
            guard let facts else { throw ProductionError.scopeGone }
            if try request.report().isTrail { return nil as Artifact? }
            let surroundings = try request.surroundings(on: connection)
            let key = try Self.cacheKey(request, facts, request.notes(on: connection) + surroundings)
            return try queue.artifact(cacheKey: key, organization: job.organization, on: connection)
        }
        // An earlier artifact of the same data is the answer. If it has expired in the meantime, the report is made
        // again.
        if let existing, try isStored(existing) {
            // The job now only waits for the disk. In the rare case below, the report is made without a place.
            lease.leavePlace()
            do {
                try queue.succeed(job, owner: lease.owner, sharing: existing)
                observe(MadeReport(request, existing, isNew: false, took: queue.now() - begun))
                return
            } catch QueueError.leaseLost(let uuid) where uuid == existing.uuid {}
        }
        let upload = try store.create(name)
        let digests = Digests()
        let production = try Production(
            request, settings: settings, progress: { lease.progress = $0 }, shouldStop: { lease.stopReason != nil })
        let (produced, surroundings) = try database.snapshot { connection in
            let surroundings = try request.surroundings(on: connection)
            let produced = try production.run(on: connection) { bytes throws(SinkError) in
                digests.update(bytes)
                try upload.write(bytes)
            }
            return (produced, surroundings)
        }
        if lease.stopReason != nil { throw ProductionError.stopped }
        let (sha1, sha256) = digests.finish()
        lease.leavePlace()
        try upload.publish()
        let artifact = Artifact(
            uuid: name, organization: job.organization,
            cacheKey: try request.report().isTrail
                ? name : Self.cacheKey(request, produced.scope, produced.basis + surroundings),
            fileName: produced.fileName, size: upload.size, sha1: sha1, sha256: sha256, parts: produced.parts,
            rows: Int64(produced.rows), notes: produced.notes)
        do {
            try queue.succeed(job, owner: lease.owner, artifact: artifact)
            observe(MadeReport(request, artifact, isNew: true, took: queue.now() - begun))
        } catch {
            // This worker may not publish any more; the sweeper deletes what cannot be deleted now. Where nobody knows whether the job has
            // ended, its row may name the artifact: the sweeper knows it later.
            if case DatabaseError.unknownOutcome = error { throw error }
            try? store.remove(name)
            throw error
        }
    }

    /// Whether the store still has an artifact. A store that does not answer is no reason to make the report again.
    private func isStored(_ artifact: Artifact) throws(StoreError) -> Bool {
        do {
            _ = try store.locate(artifact.uuid)
            return true
        } catch .missing {
            return false
        }
    }

    /// The key of a report: its request, the state of its data, and the program. On machines with one kind of processor and
    /// one set of fonts, equal keys mean equal bytes (docs/adr/002 and 005).
    private static func cacheKey(_ request: ReportRequest, _ facts: ScopeFacts, _ beside: [String]) throws -> String {
        let state = ["\(facts.revision)", facts.name] + beside
        let text = "\(ProgramVersion.current)\n\(state.joined(separator: "\n"))\n\(try request.json())"
        return Digest.of(Array(text.utf8), .sha256).hexadecimal
    }
}

/// The report of a finished job, for the counters.
struct MadeReport: Sendable {
    /// The type in the catalog's spelling.
    let type: String
    let format: String
    let rows: Int64
    let size: Int64
    /// False when an existing artifact was the answer.
    let isNew: Bool
    /// Milliseconds.
    let took: Int64

    init(_ request: ReportRequest, _ artifact: Artifact, isNew: Bool, took: Int64) {
        type = request.type
        format = request.format.rawValue
        rows = artifact.rows
        size = artifact.size
        self.isNew = isNew
        self.took = took
    }
}
