package import API
import Bytes
package import Database
import Glibc

/// The file with the key for webhooks' secrets: 64 hexadecimal characters. No backup contains it.
package struct SecretKey: Sendable {
    /// Its name in the data directory.
    package static let fileName = "secret.key"

    package let path: String

    package init(path: String) { self.path = path }

    /// The key in the file; nil for a missing file. Throws when it cannot be read, has other content, or everybody may
    /// read it.
    package func read() throws(Failure) -> SecretBox? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure("cannot read the key \(path): \(systemMessage(errno))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o007 == 0 else {
            throw Failure("the key \(path) may be read by everybody; chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw Failure("cannot read the key \(path): \(systemMessage(errno))") }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self).trimmingBlanks()
        guard let key = Self.bytes(text), let box = SecretBox(key: key) else {
            throw Failure("\(path) holds no key; accepted: \(2 * Sealing.keySize) hexadecimal characters")
        }
        return box
    }

    /// The key in the file; a missing file is made.
    package func readOrMake(_ random: Randomness) throws -> SecretBox {
        removeParts()
        if let box = try read() { return box }
        let text = try random.bytes(Sealing.keySize).hexadecimal + "\n"
        // The key is first written under another name, so a reader always sees all of it; when two processes make
        // one, one of them is kept.
        let part = "\(path).\(getpid())"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot make the key \(path): \(systemMessage(errno))") }
        defer { unlink(part) }
        let isWritten = text.utf8.withContiguousStorageIfAvailable { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let isKept = isWritten == text.utf8.count && fsync(descriptor) == 0
        close(descriptor)
        guard isKept else { throw Failure("cannot make the key \(path): \(systemMessage(errno))") }
        guard link(part, path) == 0 || errno == EEXIST else {
            throw Failure("cannot make the key \(path): \(systemMessage(errno))")
        }
        guard let box = try read() else { throw Failure("cannot read the key \(path)") }
        return box
    }

    /// Deletes the files of processes that died while they made the key: `PATH.PROCESS`, which may be another name of
    /// the key.
    private func removeParts() {
        let name = path.split(separator: "/").last ?? ""
        for part in Folder.names(in: Folder.of(path)) ?? [] where part.hasPrefix("\(name).") {
            guard let process = Int32(part.dropFirst(name.utf8.count + 1)), process > 0 else { continue }
            let place = "\(Folder.of(path))/\(part)"
            var status = stat()
            // A node on another machine takes a moment to make its own.
            guard stat(place, &status) == 0, time(nil) - status.st_mtim.tv_sec > 60 else { continue }
            if kill(process, 0) != 0 && errno == ESRCH { unlink(place) }
        }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 2 * Sealing.keySize, digits.allSatisfy(\.isHexadecimalDigit) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
        }
    }
}

extension SecretBox {
    /// Encrypts the secrets that the database still has as plain text. This runs at the start of a server, because a step of
    /// the schema does not know where the key is.
    package func sealOldSecrets(in database: any Database, _ random: Randomness) throws {
        let old = try database.read { try Webhooks.secrets(on: $0) }.filter { !Self.isSealed($0.secret) }
        guard !old.isEmpty else { return }
        try database.write { connection in
            for row in old {
                let place = Self.place(organization: row.organization, url: row.url)
                try Webhooks.setSecret(
                    try seal(row.secret, at: place, random), of: row.id, insteadOf: row.secret, on: connection)
            }
        }
    }

    /// The number of secrets that this key does not decrypt, and the first reason.
    package func unreadable(in database: any Database) throws -> (count: Int, why: String) {
        let faults = try database.read { try Webhooks.secrets(on: $0) }.compactMap { row -> String? in
            do throws(Fault) {
                _ = try open(row.secret, at: Self.place(organization: row.organization, url: row.url))
                return nil
            } catch {
                return error.description
            }
        }
        return (faults.count, faults.first ?? "")
    }
}
