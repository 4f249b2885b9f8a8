import Bytes
import Glibc
import HTTP

// DESIGN. A body is read once, in pieces of one buffer. The bill of materials goes through the base64 decoder, if it is
// base64, into a file that no other code sees before it is published. Memory does not grow with the upload. A form may
// contain the document or its base64, and does not state which. Base64 lacks the characters that begin a document, so the
// first characters decide.

/// A body that is being written to a file.
struct UploadBody: ~Copyable {
    private static let window = 64 << 10
    /// The number of characters that distinguish base64 from a document.
    private static let probe = 64
    /// The most bytes of all values of a form.
    private static let valueLimit = 64 << 10

    private let file: DurableFile
    /// The field that holds the document.
    private let field: StaticString
    private let input: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private var decoder = Base64Decoder()

    private init(field: StaticString, into file: DurableFile) {
        self.file = file
        self.field = field
        input = .allocate(byteCount: Self.window, alignment: 16)
        output = .allocate(byteCount: Base64Decoder.room(for: Self.window), alignment: 16)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    /// Reads the body of a request. Writes the document in `field` to `file`, which is not published, and returns the other
    /// fields.
    static func read(_ request: HTTPRequest, field: StaticString, into file: DurableFile) throws -> UploadFields {
        let source = try BodySource(request.body)
        var body = UploadBody(field: field, into: file)
        let type = try MultipartHeader(request.headers["Content-Type"] ?? "")
        let fields: UploadFields
        if type.value.hasPrefix("multipart/") {
            guard type.value == "multipart/form-data" else {
                throw UploadError.malformed("Content-Type is \(type.value); accepted is multipart/form-data")
            }
            guard let boundary = type.parameters["boundary"] else {
                throw MultipartError.badBoundary("Content-Type does not say it")
            }
            fields = try body.form(from: source, boundary: boundary)
        } else {
            fields = try body.object(from: source)
        }
        guard file.size > 0 else {
            throw UploadError.invalid(field.description, value: "", accepted: "a document that is not empty")
        }
        return fields
    }

    // MARK: JSON

    private mutating func object(from source: BodySource) throws -> UploadFields {
        var text = LargeString(named: field.description)
        while case let count = try source.read(into: input), count > 0 {
            try text.take(UnsafeRawBufferPointer(rebasing: input[..<count])) { try decode($0) }
        }
        let request = try Request(text.rest)
        guard text.isFound else {
            throw UploadError.invalid(field.description, value: "", accepted: "a text, the document in base64")
        }
        try finishDecoding()
        return try UploadFields(isStatement: field.description == "vex") { name in
            guard let field = request[name] else { return nil }
            guard let word = field.word else {
                throw UploadError.invalid(name, value: "{…}", accepted: "a text")
            }
            return word.trimmingBlanks()
        }
    }

    // MARK: Forms

    private mutating func form(from source: BodySource, boundary: String) throws -> UploadFields {
        var reader = try MultipartReader(boundary: boundary) { (buffer) throws(MultipartError) in
            do {
                return try source.read(into: buffer)
            } catch {
                throw .source("\(error)")
            }
        }
        var values: [String: String] = [:]
        var room = Self.valueLimit
        var hasDocument = false
        var fileName = ""
        while let part = try reader.nextPart() {
            if part.name == field.description {
                guard !hasDocument else { throw UploadError.malformed("the form has two fields \(field)") }
                hasDocument = true
                // The file name is a label, and never becomes a path.
                fileName = String((part.filename ?? "").split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? "")
                try document(part, &reader)
            } else if UploadFields.names.contains(part.name) {
                let value = try value(part, &reader, &room)
                guard values.updateValue(value, forKey: part.name) == nil else {
                    throw UploadError.malformed("the form has two fields \(part.name)")
                }
            }
        }
        guard hasDocument else {
            throw UploadError.invalid(field.description, value: "", accepted: "a file, the document")
        }
        var fields = try UploadFields(isStatement: field.description == "vex") { name in
            values[name].map { $0.trimmingBlanks() }.flatMap { $0.isEmpty ? nil : $0 }
        }
        fields.fileName = String(fileName.prefix(UploadFields.nameLimit))
        return fields
    }

    /// The fields of a form before its document, as far as they can be read, because a refused body may not be a
    /// form.
    static func typed(in request: HTTPRequest, before field: StaticString) -> [String: String] {
        var values: [String: String] = [:]
        do {
            let source = try BodySource(request.body)
            guard let boundary = try MultipartHeader(request.headers["Content-Type"] ?? "").parameters["boundary"]
            else {
                return values
            }
            var reader = try MultipartReader(boundary: boundary) { (buffer) throws(MultipartError) in
                do {
                    return try source.read(into: buffer)
                } catch {
                    throw .source("\(error)")
                }
            }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: valueLimit, alignment: 16)
            defer { buffer.deallocate() }
            while let part = try reader.nextPart(), part.name != field.description {
                guard UploadFields.names.contains(part.name) else { continue }
                var count = 0
                while count < buffer.count,
                    case let more = try reader.read(into: .init(rebasing: buffer[count...])), more > 0
                {
                    count += more
                }
                values[part.name] = String(decoding: buffer[..<count], as: UTF8.self)
            }
        } catch {
            return values
        }
        return values
    }

    private mutating func value(
        _ part: MultipartReader.Part, _ reader: inout MultipartReader, _ room: inout Int
    ) throws -> String {
        var bytes: [UInt8] = []
        while case let count = try reader.read(into: input), count > 0 {
            room -= count
            guard room >= 0 else {
                throw UploadError.malformed("the fields of the form have more than \(Self.valueLimit) bytes")
            }
            bytes += input[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UploadError.invalid(part.name, value: "", accepted: "text in UTF-8")
        }
        return text
    }

    private mutating func document(_ part: MultipartReader.Part, _ reader: inout MultipartReader) throws {
        guard !part.type.hasPrefix("multipart/") else {
            throw UploadError.malformed("the field \(field) is \(part.type); several files in one are not taken")
        }
        switch part.encoding {
        case "", "7bit", "8bit", "binary", "base64": break
        default:
            throw UploadError.malformed(
                "the field \(field) has the Content-Transfer-Encoding \(part.encoding.prefix(50)); accepted: binary, base64"
            )
        }
        var count = 0
        while count < Self.probe, case let more = try reader.read(into: .init(rebasing: input[count...])), more > 0 {
            count += more
        }
        let isBase64 = part.encoding == "base64" || Self.isBase64(.init(rebasing: input[..<count]))
        while count > 0 {
            let piece = UnsafeRawBufferPointer(rebasing: input[..<count])
            if isBase64 { try decode(piece) } else { try file.write(piece) }
            count = try reader.read(into: input)
        }
        if isBase64 { try finishDecoding() }
    }

    /// Whether a document that begins like this is base64: JSON, XML, tag-value and YAML have a character near their
    /// beginning that base64 lacks.
    static func isBase64(_ beginning: UnsafeRawBufferPointer) -> Bool {
        let text = beginning.prefix(probe)
        return text.contains { $0 > 0x20 } && text.allSatisfy { Base64Decoder.takes($0) }
    }

    // MARK: Base64

    private mutating func decode(_ text: UnsafeRawBufferPointer) throws {
        let count = try decoder.decode(text, into: output)
        try file.write(.init(rebasing: output[..<count]))
    }

    private mutating func finishDecoding() throws {
        try decoder.finish().withUnsafeBytes { try file.write($0) }
    }
}

/// The bytes of a body, in memory or on disk; one thread reads them.
final class BodySource {
    private let descriptor: Int32
    private var bytes: ArraySlice<UInt8> = []

    init(_ body: HTTPRequest.Body) throws {
        switch body {
        case .bytes(let bytes):
            self.bytes = bytes[...]
            descriptor = -1
        case .file(let path, _):
            descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else {
                throw SinkError.system(doing: "cannot open the upload", path: path, errno: errno)
            }
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Fills the front of a buffer; 0 means the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SinkError) -> Int {
        guard descriptor >= 0 else {
            let piece = bytes.prefix(buffer.count)
            buffer.copyBytes(from: piece)
            bytes = bytes.dropFirst(piece.count)
            return piece.count
        }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw .system(doing: "cannot read", path: "the upload", errno: errno)
            }
        }
    }
}
