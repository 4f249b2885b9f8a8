import Bytes
package import Database
import Glibc
package import Store

/// The row of an artifact, with the facts for moving its bytes.
package struct ArtifactFacts: Sendable {
    package let name: String
    package let size: Int64
    package let sha256: String

    /// Calls a closure with all artifacts of a database in batches, in the order of their names.
    package static func each(in database: any Database, _ body: (ArtifactFacts) throws -> Void) throws {
        var last = ""
        while true {
            let batch = try database.read { connection in
                try connection.all(
                    "SELECT uuid, size, sha256 FROM artifact WHERE uuid > \(last) ORDER BY uuid LIMIT 500"
                ) { ArtifactFacts(name: $0.string(0), size: $0.integer(1), sha256: $0.string(2)) }
            }
            guard let end = batch.last else { return }
            for artifact in batch { try body(artifact) }
            last = end.name
        }
    }
}

/// The outcome of moving artifacts.
package struct ArtifactTally: Sendable {
    package var copied = 0
    package var bytes: Int64 = 0
    /// The number of artifacts that the target already has.
    package var present = 0
    /// The number of artifacts in the database that their store lacks.
    package var missing = 0

    package init() {}

    package var text: String {
        var text = "\(copied) artifacts copied, \(bytes) bytes"
        if present > 0 { text += ", \(present) were there already" }
        if missing > 0 { text += ", \(missing) are not in their store: their reports have to be asked for again" }
        return text
    }
}

/// Copies artifacts into a store and checks each against the digest in its row.
package struct ArtifactDelivery: Sendable {
    let store: any ArtifactStore

    package init(store: any ArtifactStore) { self.store = store }

    /// Whether the store already has the artifact.
    package func has(_ artifact: ArtifactFacts) throws -> Bool {
        do throws(StoreError) {
            _ = try store.locate(artifact.name)
            return true
        } catch {
            if case .missing = error { return false }
            throw error
        }
    }

    /// Writes an artifact from the pieces of `read`; it becomes visible only if its digest is right.
    package func deliver(_ artifact: ArtifactFacts, read: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void)
        throws
    {
        let upload = try store.create(artifact.name)
        let digest = RunningDigest()
        try read { bytes in
            digest.update(bytes)
            try upload.write(bytes)
        }
        let found = digest.finish()
        guard found == artifact.sha256, upload.size == artifact.size else {
            throw Failure(
                "artifact \(artifact.name) is damaged where it comes from: it has \(upload.size) bytes with SHA-256 \(found), "
                    + "expected are \(artifact.size) and \(artifact.sha256)")
        }
        try upload.publish()
    }
}

extension StoredArtifact {
    /// Passes the bytes on in pieces.
    package func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        switch self {
        case .file(let path):
            guard let file = fopen(path, "r") else { throw Failure("cannot read \(path): \(systemMessage(errno))") }
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = fread(&buffer, 1, buffer.count, file)
                guard count > 0 else { break }
                try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            }
            guard ferror(file) == 0 else { throw Failure("cannot read \(path) to its end") }
        case .remote(let download):
            while let bytes = try download.read() { try bytes.withUnsafeBytes { try body($0) } }
        case .link: throw Failure("the store gives links, not bytes")
        }
    }
}

/// A SHA-256 that closures share; one thread at a time may use it.
final class RunningDigest: Sendable {
    private let digests = Digests()

    func update(_ bytes: UnsafeRawBufferPointer) { digests.update(bytes) }

    /// The digest in hexadecimal; may be called once.
    func finish() -> String { digests.finish().sha256 }
}

extension CopyDigest {
    /// SHA-256.
    @Sendable package static func sha256() -> CopyDigest {
        let digest = RunningDigest()
        return CopyDigest(update: { digest.update($0) }, finish: { digest.finish() })
    }
}

/// Receives the progress of a long copy.
package struct CopyWatcher: Sendable {
    let show: @Sendable (DatabaseCopy.Progress) -> Void
    /// The copy has ended, or continues with work that reports no progress.
    let end: @Sendable () -> Void

    package init(
        show: @escaping @Sendable (DatabaseCopy.Progress) -> Void = { _ in }, end: @escaping @Sendable () -> Void = {}
    ) {
        self.show = show
        self.end = end
    }
}
