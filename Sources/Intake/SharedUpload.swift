import Bytes
package import Database
import Glibc
import Jobs

// DESIGN. With SQLite there is one machine, and an upload is a file of its data directory. With PostgreSQL any node may do
// the job, and the node that received the upload may never return. So the transaction that submits the job writes the
// bytes into the database, in pieces of a megabyte; they are deleted when the job is over. A backup contains them, too,
// for both engines.

/// The bytes of uploads in the database.
package enum SharedUpload {
    private static let piece = 1 << 20

    /// Stores the bytes of an upload for all nodes, in the transaction that submits its job. Does nothing when the
    /// database belongs to one machine.
    package static func share(file path: String, job uuid: String, on connection: any Connection) throws {
        guard connection.engine == .postgresql else { return }
        try keep(file: path, job: uuid, on: connection)
    }

    /// Stores the bytes of a file; existing pieces are replaced.
    package static func keep(file path: String, job uuid: String, on connection: any Connection) throws {
        guard let file = fopen(path, "r") else {
            throw IntakeError.unreadable(path, errno)
        }
        defer { fclose(file) }
        try connection.run("DELETE FROM upload WHERE job = \(uuid)")
        var position = 0
        while true {
            let bytes = [UInt8](unsafeUninitializedCapacity: piece) { buffer, count in
                count = fread(buffer.baseAddress, 1, piece, file)
            }
            guard ferror(file) == 0 else {
                throw IntakeError.unreadableFile(path: path, why: "reading failed after \(position) MiB", .disk)
            }
            // An empty upload has one empty piece, which distinguishes it from a missing one.
            if bytes.isEmpty, position > 0 { return }
            try connection.run("INSERT INTO upload (job, position, bytes) VALUES (\(uuid), \(position), \(bytes))")
            position += 1
            if bytes.count < piece { return }
        }
    }

    /// Writes an upload to `path` if the file is missing and the database has it. Throws `uploadGone` when both are
    /// missing.
    package static func fetch(job uuid: String, to path: String, from database: any Database) throws {
        guard access(path, F_OK) != 0 else { return }
        guard errno == ENOENT else { throw IntakeError.unreadable(path, errno) }
        try database.snapshot { connection in
            guard try connection.integer("SELECT 1 FROM upload WHERE job = \(uuid) LIMIT 1") != nil else {
                throw IntakeError.uploadGone
            }
            let file = try DurableFile(path: path)
            try connection.each("SELECT bytes FROM upload WHERE job = \(uuid) ORDER BY position") { row in
                try file.write(row.bytes(0))
            }
            try file.publish()
        }
    }

    /// Deletes the bytes of an upload whose job is done, or whose sender still has the file.
    package static func forget(job uuid: String, in database: any Database) throws {
        guard try database.read({ try $0.integer("SELECT 1 FROM upload WHERE job = \(uuid) LIMIT 1") }) != nil else {
            return
        }
        try database.write { _ = try $0.run("DELETE FROM upload WHERE job = \(uuid)") }
    }

    /// Deletes uploads that are in the inventory or whose job was deleted.
    static func sweep(_ database: any Database) throws {
        let names = try database.read { try Queue.uploadsToForget(limit: 1000, on: $0) }
        for name in names { try forget(job: name, in: database) }
    }
}
