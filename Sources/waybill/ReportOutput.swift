import Bytes
import Database
import Glibc
import Reports
import Service

/// The destination of `waybill report`.
struct ReportOutput: Sendable {
    let path: String

    var isStandardOutput: Bool { path == "-" }

    /// The format whose ending the path has; nil for any other name, which means a ZIP.
    var format: Format? {
        let name = path.lowercased()
        return Format.allCases.first { name.hasSuffix("." + $0.fileExtension) }
    }

    /// Refuses the file name of another format, because the name would be misleading.
    func check(for format: Format) throws(UsageError) {
        guard !isStandardOutput, !isFolder, let named = self.format, named.fileExtension != format.fileExtension else {
            return
        }
        throw UsageError(
            description: """
                --output is \(path), and the report is made as \(format.rawValue): --format \(named.rawValue) where the report \
                has it, or a name that ends in .\(format.fileExtension) or .zip
                """)
    }

    /// Whether the parts are written to a folder: an existing one, or a path that ends like one.
    var isFolder: Bool {
        var status = stat()
        return path.hasSuffix("/") || stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    func makeFolder() throws {
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw Failure("cannot create \(path): \(systemMessage(errno))")
        }
    }

    /// The folder whose disk the output uses; for a missing folder, its parent.
    var folderOfParts: String {
        if isStandardOutput { return getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }
        if isFolder, access(path, W_OK) == 0 { return path }
        var name = path[...]
        while name.count > 1, name.hasSuffix("/") { name.removeLast() }
        return Folder.of(String(name))
    }

    /// Makes the report from one snapshot.
    ///
    /// - Parameter count: called with the number of bytes written.
    func write(_ production: Production, from database: any Database, counting count: Count) throws -> Produced {
        if isStandardOutput {
            return try database.snapshot { connection in
                try production.run(
                    on: connection,
                    into: { _ in SinglePart("standard output", toStandardOutput(counting: count)) })
            }
        }
        if isFolder {
            try makeFolder()
            return try database.snapshot { connection in
                try production.run(on: connection, into: { _ in FolderParts(folder: path, counting: count) })
            }
        }
        let file = try DurableFile(path: path)
        let produced = try database.snapshot { connection in
            if format != nil {
                return try production.run(
                    on: connection,
                    into: { _ in SinglePart(path) { bytes throws(SinkError) in try file.write(bytes) } })
            }
            return try production.run(on: connection) { bytes throws(SinkError) in try file.write(bytes) }
        }
        try file.publish()
        count.value = Int(file.size)
        return produced
    }
}

/// Writes the parts of a report as files of a folder. They appear once all of them are complete.
final class FolderParts: PartReceiver {
    private let folder: String
    private let count: Count
    private var files: [DurableFile] = []

    init(folder: String, counting count: Count) {
        self.folder = folder
        self.count = count
    }

    func begin(_ name: String) throws(SinkError) -> ByteSink.Destination {
        let file = try DurableFile(path: "\(folder)/\(name)")
        files.append(file)
        return { bytes throws(SinkError) in try file.write(bytes) }
    }

    func end() {}

    func finish() throws(SinkError) {
        for file in files {
            try file.publish()
            count.value += Int(file.size)
        }
    }
}

/// Passes on the only part of a report unchanged.
final class SinglePart: PartReceiver {
    private let place: String
    private let destination: ByteSink.Destination
    private var hasBegun = false

    /// - Parameter place: the destination, for the error about a second part.
    init(_ place: String, _ destination: @escaping ByteSink.Destination) {
        self.place = place
        self.destination = destination
    }

    func begin(_ name: String) throws(SinkError) -> ByteSink.Destination {
        guard !hasBegun else {
            throw .format(
                "the report has several parts, \(place) takes one; name a ZIP (.zip) or a folder (DIR/) with --output")
        }
        hasBegun = true
        return destination
    }

    func end() {}
    func finish() {}
}

func toStandardOutput(counting count: Count) -> ByteSink.Destination {
    { bytes throws(SinkError) in
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(1, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw SinkError.system(doing: "cannot write to", path: "standard output", errno: errno)
            }
            rest = rest.dropFirst(written)
            count.value += written
        }
    }
}
