import Bytes
package import Database
import Glibc

/// The largest accepted file; no licence is longer.
package enum LicenseImportError: Error, CustomStringConvertible {
    case unreadable(path: String, why: String)
    case nothing(path: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let why): "\(path): \(why)"
        case .nothing(let path):
            "\(path) holds no licence of the SPDX list; give the folder or the ZIP of its `details/*.json`"
        }
    }
}

/// Imports licence texts into the database: the files `details/ID.json` of the SPDX licence list (members `licenseId`
/// and `licenseText`; for exceptions `licenseExceptionId` and `licenseExceptionText`), in a folder, in a ZIP, or one by
/// one.
package struct LicenseImport {
    /// No licence is longer; larger files are refused.
    private static let limit = 4 << 20

    private let database: any Database

    package init(database: any Database) { self.database = database }

    /// Reads a path; returns the number of imported texts. After an error no text of the path is imported.
    package func run(_ path: String) throws -> Int {
        var found: [String: String] = [:]
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw LicenseImportError.unreadable(path: path, why: systemMessage(errno))
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) where name.hasSuffix(".json") {
                try add(try bytes(of: "\(path)/\(name)"), path: "\(path)/\(name)", to: &found)
            }
        } else if path.hasSuffix(".zip") {
            try addArchive(path, to: &found)
        } else {
            try add(try bytes(of: path), path: path, to: &found)
        }
        guard !found.isEmpty else { throw LicenseImportError.nothing(path: path) }
        let texts = found
        try database.write { try LicenseTexts.put(texts, on: $0) }
        return texts.count
    }

    private func names(in folder: String) throws -> [String] {
        guard let names = Folder.names(in: folder) else {
            throw LicenseImportError.unreadable(path: folder, why: systemMessage(errno))
        }
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    private func bytes(of path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw LicenseImportError.unreadable(path: path, why: systemMessage(errno)) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &piece, piece.count)
            if count == 0 { return bytes }
            guard count > 0 else { throw LicenseImportError.unreadable(path: path, why: systemMessage(errno)) }
            bytes += piece[..<count]
            guard bytes.count <= Self.limit else {
                throw LicenseImportError.unreadable(path: path, why: "it is larger than \(Self.limit) bytes")
            }
        }
    }

    private func addArchive(_ path: String, to found: inout [String: String]) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw LicenseImportError.unreadable(path: path, why: systemMessage(errno)) }
        defer { close(file) }
        var limits = ZIPReader.Limits()
        limits.entrySize = UInt64(Self.limit)
        let zip = try ZIPReader(file: file, name: path, limits: limits)
        while let entry = try zip.next() {
            guard entry.name.hasSuffix(".json") else { continue }
            var content = try zip.open(entry)
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try piece.withUnsafeMutableBytes { try zip.read(&content, into: $0) }
                if count == 0 { break }
                bytes += piece[..<count]
            }
            try add(bytes, path: "\(path): \(entry.name)", to: &found)
        }
    }

    /// Reads licences of the list, and skips other JSON.
    private func add(_ bytes: [UInt8], path: String, to found: inout [String: String]) throws {
        var id = ""
        var text = ""
        do {
            var json = JSONReader(bytes)
            guard try json.peek() == .object else { return }
            try json.beginObject()
            while try json.nextKey() {
                switch json.key() {
                case "licenseText", "licenseExceptionText": text = try json.string()
                case "licenseId", "licenseExceptionId": id = try json.string()
                default: try json.skipValue()
                }
            }
            try json.finish()
        } catch {
            throw LicenseImportError.unreadable(path: path, why: "\(error)")
        }
        if !id.isEmpty, !text.isEmpty { found[id] = text }
    }
}
