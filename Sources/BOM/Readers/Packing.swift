import Bytes

// DESIGN. A packed document is a source like any other, which inflates during reading. A document is read twice, so
// it is inflated twice instead of being stored. Against bombs, the output is limited to a multiple of the input that
// no bill of materials reaches, and to an absolute number of bytes. Names in an archive are labels for people, and
// never paths.

/// Unpacks a document.
enum Packing {
    /// The most bytes of an unpacked document.
    static let limit = 16 << 30
    /// The largest ratio of a document to its packed size, once it has more than `harmless` bytes. Bills of materials
    /// inflate 10 to 50 times.
    static let ratio = 250
    static let harmless = 64 << 20
    /// The most files of an archive that are read, and the deepest nesting of packings.
    static let entryLimit = 100
    static let depthLimit = 2
    /// The most bytes of a packed document that must be kept in memory, such as an archive inside an archive.
    static let heldLimit = 64 << 20

    /// Refuses a document of an unwanted kind. In an archive with several files, such a file is skipped.
    typealias Check = (BOMReader.Syntax) throws(BOMError) -> Void

    /// The document in a file, and its kind.
    static func unpack(
        _ file: DocumentFile, accept: Check
    ) throws(BOMError) -> (document: Document, syntax: BOMReader.Syntax) {
        try unpack(Document(file), depth: 0, accept)
    }

    private static func unpack(
        _ document: Document, depth: Int, _ accept: Check
    ) throws(BOMError) -> (document: Document, syntax: BOMReader.Syntax) {
        let head = try document.head()
        let compression: Compression
        switch kind(head) {
        case nil:
            let syntax = try BOMReader.recognize(document)
            try accept(syntax)
            return (document, syntax)
        case .unknown(let name):
            throw .unrecognized(
                why: "it is \(name); an SBOM is read as it is, or packed with gzip, xz, zstd or as ZIP")
        case .zip?:
            try check(depth)
            return try unpackArchive(document, depth: depth, accept)
        case .compressed(let known)?: compression = known
        }
        try check(depth)
        let inner = Document(size: document.size) { () throws(BOMError) in
            try inflate(compression, document.source(), packedSize: document.size)
        }
        return try unpack(inner, depth: depth + 1, accept)
    }

    private static func check(_ depth: Int) throws(BOMError) {
        guard depth < depthLimit else {
            throw .unrecognized(why: "it is packed more than \(depthLimit) times")
        }
    }

    private enum Compression { case gzip, xz, zstd }

    private enum Kind {
        case compressed(Compression)
        case zip
        case unknown(String)
    }

    /// The kind of packing, by the first bytes.
    private static func kind(_ head: [UInt8]) -> Kind? {
        if head.starts(with: [0x1F, 0x8B]) { return .compressed(.gzip) }
        if head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) { return .compressed(.xz) }
        // A frame, or a skippable frame (RFC 8878, 3.1.2), which some packers write first.
        if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .compressed(.zstd) }
        if head.first.map({ $0 & 0xF0 == 0x50 }) == true, head.dropFirst().starts(with: [0x2A, 0x4D, 0x18]) {
            return .compressed(.zstd)
        }
        if head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6]) { return .zip }
        let others: [([UInt8], String)] = [
            (
                [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
                "a workbook of Excel 97 to 2003 (.xls); save it as .xlsx"
            ),
            (Array("BZh".utf8), "packed with bzip2"), ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive"),
            (Array("%PDF".utf8), "a PDF"),
        ]
        for (sign, name) in others where head.starts(with: sign) { return .unknown(name) }
        if head.count >= 262, head[257..<262].elementsEqual("ustar".utf8) { return .unknown("a tar archive") }
        return nil
    }

    private static func limit(forPackedSize size: Int) -> Int { min(limit, max(harmless, size * ratio)) }

    // MARK: - One file

    private static func inflate(
        _ compression: Compression, _ source: @escaping JSONReader.Source, packedSize: Int
    ) throws(BOMError) -> JSONReader.Source {
        let inflater: any Inflating
        do throws(InflaterError) {
            let limit = limit(forPackedSize: packedSize)
            switch compression {
            case .xz: inflater = try XZInflater(limit: limit)
            case .zstd: inflater = try ZstdInflater(limit: limit)
            case .gzip: inflater = try Inflater(limit: limit)
            }
        } catch {
            throw .failed(what: "\(error)", .memory)
        }
        // A single piece may inflate to a thousand times its size before it is checked.
        let pieces = Pieces(source, size: 1 << 14)
        return Transcript.source { (out) throws(JSONError) in
            let piece = try pieces.next()
            do {
                if piece.isEmpty {
                    try inflater.finish()
                    return false
                }
                try inflater.inflate(piece) { out.json.append($0) }
                return true
            } catch {
                throw .transcript("\(error)")
            }
        }
    }

    // MARK: - ZIP

    private static func unpackArchive(
        _ document: Document, depth: Int, _ accept: Check
    ) throws(BOMError) -> (document: Document, syntax: BOMReader.Syntax) {
        let file: DocumentFile
        if let whole = document.file {
            file = whole
        } else {
            file = try DocumentFile(holding: document.source(), name: "the archive", limit: heldLimit)
        }
        let entries = try entries(of: file)
        if entries.contains(where: { $0.name == "xl/workbook.xml" }) {
            let sheets = Document(size: document.size) { () throws(BOMError) in
                try WorkbookTranscript.source { (name) throws(BOMError) in
                    try entries.first { $0.name == name }.map { (entry) throws(BOMError) in
                        try source(of: entry, in: file)
                    }
                }
            }
            return (sheets, BOMReader.Syntax(standard: .spdx, form: .spdxWorkbook))
        }
        let candidates = entries.filter { !isHidden($0.name) }
        guard !candidates.isEmpty else { throw .unrecognized(why: "it is a ZIP archive with no file in it") }
        var found: [(name: String, document: Document, syntax: BOMReader.Syntax)] = []
        var reason = ""
        for entry in candidates {
            let inner = Document(size: entry.packedSize) { () throws(BOMError) in try source(of: entry, in: file) }
            do throws(BOMError) {
                let (document, syntax) = try unpack(inner, depth: depth + 1, accept)
                found.append((entry.name, document, syntax))
            } catch {
                // For an archive with a single file, the error says why the file cannot be read. Among several files,
                // an unreadable one is ignored.
                if candidates.count == 1 { throw error }
                if reason.isEmpty { reason = "\(entry.name.prefix(100)): \(error)" }
            }
        }
        guard let first = found.first else {
            throw .unrecognized(why: "none of the \(candidates.count) files in the ZIP archive is one (\(reason))")
        }
        guard found.count == 1 else {
            let names = found.prefix(3).map { "\"\($0.name.prefix(100))\"" }.joined(separator: ", ")
            throw .unrecognized(
                why: "the ZIP archive holds \(found.count) of them (\(names)\(found.count > 3 ? ", …" : "")); "
                    + "import them one at a time")
        }
        return (first.document, first.syntax)
    }

    /// Whether a file is a resource fork or another addition of packers.
    private static func isHidden(_ name: String) -> Bool {
        name.hasPrefix("__MACOSX/") || name.split(separator: "/").last?.hasPrefix(".") != false
    }

    private static func entries(of file: DocumentFile) throws(BOMError) -> [ZIPReader.Entry] {
        do throws(ZIPError) {
            let zip = try ZIPReader(file: file.descriptor, name: file.name)
            var entries: [ZIPReader.Entry] = []
            while let entry = try zip.next() {
                guard entries.count < entryLimit else {
                    throw .damaged(path: file.name, what: "it has more than \(entryLimit) files; an SBOM is one")
                }
                entries.append(entry)
            }
            return entries
        } catch {
            throw BOMError(error)
        }
    }

    private static func source(
        of entry: ZIPReader.Entry, in file: DocumentFile
    ) throws(BOMError) -> JSONReader.Source {
        do throws(ZIPError) {
            var limits = ZIPReader.Limits()
            limits.entrySize = UInt64(limit(forPackedSize: entry.packedSize))
            let zip = try ZIPReader(file: file.descriptor, name: file.name, limits: limits)
            var content = try zip.open(entry)
            return { (buffer) throws(JSONError) in
                do throws(ZIPError) {
                    return try zip.read(&content, into: buffer)
                } catch {
                    if case .unreadable(_, _, let outage) = error { throw .source("\(error)", outage) }
                    throw .transcript("\(error)")
                }
            }
        } catch {
            throw BOMError(error)
        }
    }
}

extension BOMError {
    /// The error for a fault of the document's ZIP archive.
    fileprivate init(_ error: ZIPError) {
        switch error {
        case .unreadable(_, _, let outage): self = .failed(what: "\(error)", outage)
        case .noArchive, .damaged, .entry: self = .invalid(what: "\(error)")
        }
    }
}
