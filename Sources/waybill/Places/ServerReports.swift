import API
import Bytes
import Database
import Glibc
import Jobs
import Reports
import Service

extension ServerPlace {
    /// Submits, polls and downloads reports.
    func make(
        _ request: ReportRequest, of place: NamedPlace, fields: [String: [String]], into output: ReportOutput,
        progress: ReportProgress
    ) throws -> ReportResult {
        let kind = place.scope.kind
        let word = kind == .organization ? "Organization" : kind == .product ? "Product" : "Project"
        let submitted = try server.call("generate\(word)ReportAsync", as: ProcessAnswer.self) { json in
            json.text(named: kind.tokenField, place.token)
            json.text("reportType", request.type)
            json.text("format", request.format.rawValue)
            json.object("filter") { json in
                for (key, values) in fields.sorted(by: { $0.key < $1.key }) { json.texts(named: key, values) }
            }
        }.asyncProcessStatus
        let organization = try organization().token
        let done = try finished(submitted.uuid, in: organization) { progress.rows.value = $0.rowsDone ?? 0 }
        if try Self.state(of: done.answer) == .failed {
            throw Failure(done.answer.errorMessage ?? "the report \(submitted.uuid) FAILED")
        }
        let file = try UnnamedFile(in: output.folderOfParts)
        try server.download("downloadAsyncReport", into: file.descriptor) {
            $0.text("orgToken", organization)
            $0.text("reportStatusUUID", submitted.uuid)
        }
        let parts = try output.take(file, counting: progress.bytes)
        return ReportResult(parts: parts, rows: done.answer.rowsDone ?? 0, notes: done.answer.notes ?? [])
    }

    /// Polls until a process has ended: first at short intervals, then once a second.
    func finished(
        _ uuid: String, in organization: String, _ show: (ProcessAnswer.Process) -> Void
    ) throws -> Process {
        var pause: UInt32 = 20_000
        while true {
            let now = try process(uuid, in: organization)
            show(now.answer)
            if try Self.state(of: now.answer).isFinal { return now }
            usleep(pause)
            pause = min(pause * 2, 1_000_000)
        }
    }
}

/// A nameless file for data in transfer, which disappears with this value.
struct UnnamedFile: ~Copyable {
    let descriptor: Int32

    /// - Parameter folder: the folder whose disk holds the file.
    init(in folder: String) throws {
        var name = Array("\(folder)/.waybill-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0 else {
            throw Failure("cannot create a file in \(folder): \(systemMessage(errno))")
        }
        unlink(name)
    }

    deinit { close(descriptor) }
}

extension ReportOutput {
    /// Takes the ZIP of a server's report: unchanged, or as its parts. Returns the number of its parts.
    ///
    /// - Parameter count: called with the number of bytes written.
    func take(_ zip: borrowing UnnamedFile, counting count: Count) throws -> Int {
        var limits = ZIPReader.Limits()
        limits.entrySize = 1 << 40
        let reader = try ZIPReader(file: zip.descriptor, name: "the report", limits: limits)
        if isStandardOutput {
            return try unpack(reader, into: SinglePart("standard output", toStandardOutput(counting: count)))
        }
        if isFolder {
            try makeFolder()
            return try unpack(reader, into: FolderParts(folder: path, counting: count))
        }
        let file = try DurableFile(path: path)
        let parts: Int
        if format != nil {
            parts = try unpack(
                reader, into: SinglePart(path) { bytes throws(SinkError) in try file.write(bytes) })
        } else {
            parts = try Self.entries(of: reader)
            try copy(zip.descriptor, to: file)
        }
        try file.publish()
        count.value = Int(file.size)
        return parts
    }

    private static func entries(of reader: ZIPReader) throws -> Int {
        var count = 0
        while try reader.next() != nil { count += 1 }
        return count
    }

    private func unpack(_ reader: ZIPReader, into parts: any PartReceiver) throws -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var count = 0
        while let entry = try reader.next() {
            // Names of files come from another machine, so none may leave the folder.
            guard !entry.name.isEmpty, !entry.name.hasPrefix("."), !entry.name.contains("/"),
                !entry.name.contains("\0")
            else {
                throw Failure(
                    "the server calls a part of the report \(entry.name.prefix(100)), which is no name of a file")
            }
            var content = try reader.open(entry)
            let destination = try parts.begin(entry.name)
            while case let read = try reader.read(&content, into: buffer), read > 0 {
                try destination(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
            }
            try parts.end()
            count += 1
        }
        try parts.finish()
        return count
    }

    private func copy(_ descriptor: Int32, to file: DurableFile) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var offset: off_t = 0
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure("cannot read the report: \(systemMessage(errno))") }
            if count == 0 { return }
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += off_t(count)
        }
    }
}
