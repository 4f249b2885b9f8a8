import Bytes
import Database
import Glibc
import Inventory
import Outbound

// DESIGN. A file is received into a separate folder (`NAME.part`), checked, and then renamed. The received part of an
// interrupted archive stays there beside its ETag, and the next attempt requests the rest of exactly that version (RFC 9110
// §13.1.5, If-Range). No code reads a file before it is complete. One connection serves one file after the other.

/// Gets files of sources considerately. It asks whether they changed, requests compressed answers and only the missing rest of
/// a broken transfer, waits when asked to, and names itself. It follows few redirects, requires valid certificates, and limits
/// the size and the time of answers. Proxies come from `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, in libcurl's
/// interpretation. Belongs to one thread.
final class FeedFetcher {
    struct Patience: Sendable {
        /// The most seconds of one transfer, and of a pause without a byte.
        var transfer = 3600
        var silence = 60
        var attempts = 4
        /// The most seconds between two attempts; a server that wants more gets its next request from the next
        /// update.
        var pause = 120
        var redirects = 5
    }

    /// A server's marks of a file (ETag, time of change), with which the next request asks whether the file changed.
    struct Stamp: Sendable, Equatable {
        var address = ""
        var etag = ""
        var lastModified = ""

        init() {}
        init(_ state: FeedState) {
            (address, etag, lastModified) = (state.address, state.etag, state.lastModified)
        }
    }

    enum Outcome {
        case unchanged
        /// The origin does not have the file.
        case missing
        /// The file is at the path.
        case came(path: String, Stamp)
    }

    let origin: FeedOrigin
    /// The folder for received files.
    let spool: String
    /// The root of a mirror that gets a copy of each good file; nil for none.
    let export: String?
    let patience: Patience
    private let isStopped: @Sendable () -> Bool
    private var connection: OutboundConnection?

    init(
        origin: FeedOrigin, spool: String, export: String? = nil, patience: Patience = Patience(),
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) {
        self.origin = origin
        self.spool = spool
        self.export = export
        self.patience = patience
        self.isStopped = isStopped
    }

    // MARK: One file

    /// Gets a file, unless it is unchanged from `known`. When a mirror is being made, the file is always transferred.
    func fetch(_ file: FeedFile, unless known: Stamp? = nil) throws(FeedError) -> Outcome {
        let address = origin.address(of: file)
        guard !address.isEmpty else { return .missing }
        let known = export == nil && known?.address == address ? known : nil
        if case .folder = origin { return try look(at: address, of: file, unless: known) }
        var attempt = 0
        while true {
            attempt += 1
            do throws(FeedError) {
                return try ask(address, for: file, unless: known)
            } catch {
                var wait = 1 << min(attempt, 6)
                if case .status(_, _, let wanted) = error, wanted > 0 { wait = wanted }
                guard error.mayPass, attempt < patience.attempts, wait <= patience.pause else { throw error }
                try pause(seconds: wait)
            }
        }
    }

    private func pause(seconds: Int) throws(FeedError) {
        for _ in 0..<(seconds * 10) {
            guard !isStopped() else { throw .stopped }
            usleep(100_000)
        }
    }

    /// A file of a folder is used in its place.
    private func look(at path: String, of file: FeedFile, unless known: Stamp?) throws(FeedError) -> Outcome {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return .missing }
            throw .file(path: path, why: systemMessage(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .file(path: path, why: "it is no file") }
        var stamp = Stamp()
        stamp.address = path
        stamp.etag = "\(status.st_size)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)-\(status.st_ino)"
        if let known, known == stamp { return .unchanged }
        guard status.st_size <= Int(file.limit) else { throw .content(address: path, why: tooLong(file)) }
        try FeedContent.check(path, of: file, from: path)
        return .came(path: path, stamp)
    }

    private func tooLong(_ file: FeedFile) -> String { "it has more than \(file.limit) bytes" }

    // MARK: A server

    private func ask(_ address: String, for file: FeedFile, unless known: Stamp?) throws(FeedError) -> Outcome {
        guard !isStopped() else { throw .stopped }
        let part = PartialFile(spool: spool, path: file.path)
        let start = file.isResumed ? part.resumable() : nil
        let descriptor = try part.open(emptied: start == nil)
        var isKept = false
        defer {
            close(descriptor)
            if !isKept { part.remove() }
        }
        let offset = start?.offset ?? 0
        var request = OutboundRequest(
            .get, url: address, protocols: address.hasPrefix("https:") ? "https" : "http,https")
        request.redirects = patience.redirects
        request.acceptsCompression = !file.isResumed
        request.deadline = patience.transfer
        request.patience = patience.silence
        request.isCancelled = isStopped
        request.answer = .written(OutboundFile(descriptor: descriptor, offset: offset, limit: file.limit))
        request.fields = [("User-Agent", "Waybill/\(ProgramVersion.current)")]
        if let start {
            request.fields.append(("If-Range", start.etag))
        } else if let known {
            if !known.etag.isEmpty { request.fields.append(("If-None-Match", known.etag)) }
            if !known.lastModified.isEmpty { request.fields.append(("If-Modified-Since", known.lastModified)) }
        }
        let connection = try self.connect(address)
        let answer: OutboundAnswer
        do {
            answer = try connection.perform(request)
        } catch {
            if error.code != 0 { throw .file(path: part.path, why: error.text) }
            // The received part is intact, so the rest may be requested.
            if file.isResumed, error.mayPass { isKept = part.keep(etag: connection.values(of: "ETag").last ?? "") }
            guard !isStopped() else { throw .stopped }
            throw .transport(address: address, why: error.text, mayPass: error.mayPass)
        }
        switch answer.status {
        case 200:
            guard answer.length != 0 else { throw .content(address: address, why: "it is empty") }
        case 206:
            let range = connection.values(of: "Content-Range").last ?? ""
            guard offset > 0, range.hasPrefix("bytes \(offset)-") else {
                throw .transport(address: address, why: "the answer is another part of the file", mayPass: true)
            }
        case 304 where known != nil: return .unchanged
        case 404, 410: return .missing
        case 416: throw .transport(address: address, why: "the file is another one now", mayPass: true)
        default: throw .status(address: address, answer.status, retryAfter: connection.retryAfter)
        }
        try check(part.path, of: file, from: address, connection)
        var stamp = Stamp()
        stamp.address = address
        stamp.etag = answer.etag ?? ""
        stamp.lastModified = connection.values(of: "Last-Modified").last ?? ""
        isKept = true
        return .came(path: try part.finish(), stamp)
    }

    private func connect(_ address: String) throws(FeedError) -> OutboundConnection {
        if let connection { return connection }
        do {
            let made = try OutboundConnection()
            connection = made
            return made
        } catch {
            throw .transport(address: address, why: error.text, mayPass: false)
        }
    }

    private func check(
        _ path: String, of file: FeedFile, from address: String, _ connection: OutboundConnection
    ) throws(FeedError) {
        let type = connection.values(of: "Content-Type").last?.lowercased() ?? ""
        guard !type.hasPrefix("text/html") else {
            throw .content(address: address, why: "it is a web page (\(type.prefix(100)))")
        }
        // Google Cloud Storage publishes digests in this form, several in one header field or in several.
        let published = connection.values(of: "x-goog-hash").flatMap { $0.split(separator: ",") }
            .map { String($0).trimmingBlanks() }.first { $0.hasPrefix("md5=") }
        if let published, file.isResumed {
            guard let found = try FeedContent.md5(of: path) else {
                return try FeedContent.check(path, of: file, from: address)
            }
            guard published.dropFirst(4) == found else {
                throw .transport(address: address, why: "its MD5 is not the published one", mayPass: true)
            }
        }
        try FeedContent.check(path, of: file, from: address)
    }

    // MARK: A mirror

    /// Copies a good file into the mirror that is being made, if there is one.
    func keep(_ path: String, as file: FeedFile) throws(FeedError) {
        guard let export else { return }
        let target = "\(export)/\(file.path)"
        try Self.makeFolder(Folder.of(target))
        try Self.copy(path, to: target)
    }

    /// Renames a file that was downloaded; a file of the operator's folder is copied.
    func move(_ path: String, to target: String) throws(FeedError) {
        if path.hasPrefix(spool + "/") {
            guard rename(path, target) == 0 else { throw .file(path: target, why: systemMessage(errno)) }
            return
        }
        try Self.copy(path, to: target)
    }

    private static func copy(_ path: String, to target: String) throws(FeedError) {
        do {
            let copy = try DurableFile(path: target)
            try FileParts.copy(path, to: copy)
            try copy.publish()
        } catch {
            throw .file(path: target, why: "\(error)")
        }
    }

    /// Deletes the received file, unless it is in a folder of the operator.
    func forget(_ path: String) {
        if path.hasPrefix(spool + "/") { unlink(path) }
    }

    /// Makes a folder with its parents.
    static func makeFolder(_ path: String) throws(FeedError) {
        if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, Folder.of(path) != path else { throw .file(path: path, why: systemMessage(errno)) }
        try makeFolder(Folder.of(path))
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else { throw .file(path: path, why: systemMessage(errno)) }
    }

    /// Deletes one of our folders with its files.
    static func removeFolder(_ path: String) {
        for name in Folder.names(in: path) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
