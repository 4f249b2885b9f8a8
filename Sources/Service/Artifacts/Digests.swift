import Bytes
import Synchronization

/// The digests of a file during its writing, on any thread.
final class Digests: Sendable {
    private struct Pair: ~Copyable {
        var sha1 = Digest(.sha1)
        var sha256 = Digest(.sha256)

        consuming func finish() -> (String, String) { (sha1.finish().hexadecimal, sha256.finish().hexadecimal) }
    }

    private let pair = Mutex<Pair?>(Pair())

    func update(_ bytes: UnsafeRawBufferPointer) {
        pair.withLock { pair in
            pair?.sha1.update(bytes)
            pair?.sha256.update(bytes)
        }
    }

    /// The digests in hexadecimal; may be called once.
    func finish() -> (sha1: String, sha256: String) {
        pair.withLock { pair in
            guard let done = pair.take() else { return ("", "") }
            return done.finish()
        }
    }
}
