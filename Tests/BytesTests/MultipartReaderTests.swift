import Foundation
import Testing

@testable import Bytes

/// RFC 2046 §5.1 and RFC 7578.
struct MultipartReaderTests {
    struct Field: Equatable {
        var name: String
        var filename: String?
        var content: [UInt8]
        var text: String { String(decoding: content, as: UTF8.self) }

        init(_ name: String, _ text: String, filename: String? = nil) {
            self.name = name
            self.filename = filename
            content = Array(text.utf8)
        }
    }

    /// Reads a body that the source provides in pieces of `size` bytes.
    static func read(_ body: [UInt8], boundary: String = "b", by size: Int = .max) throws -> [Field] {
        var place = 0
        var reader = try MultipartReader(boundary: boundary) { (buffer) throws(MultipartError) in
            let piece = body[place..<min(body.count, place + min(size, buffer.count))]
            buffer.copyBytes(from: piece)
            place += piece.count
            return piece.count
        }
        var fields: [Field] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while let part = try reader.nextPart() {
            var field = Field(part.name, "", filename: part.filename)
            while true {
                let count = try buffer.withUnsafeMutableBytes { bytes in
                    try reader.read(into: bytes)
                }
                if count == 0 { break }
                field.content += buffer.prefix(count)
            }
            fields.append(field)
        }
        return fields
    }

    static func read(_ text: String, boundary: String = "b", by size: Int = .max) throws -> [Field] {
        try read(Array(text.utf8), boundary: boundary, by: size)
    }

    static let head = "Content-Disposition: form-data; name=\"x\"\r\n\r\n"

    @Test func partsPreambleAndEpilogue() throws {
        let body = """
            preamble --b\r
            --b  \r
            Content-Disposition: form-data; name="project"\r
            \r
            one\r
            --b\r
            content-disposition:form-data; filename="a \\"b\\".json" ;name=bom;\r
            Content-Type: application/json; charset=utf-8\r
            X-Other: thing\r
            \r
            {\r
            --B\r
            --c\r
            }\r
            \r
            --b--\r
            epilogue\r
            --b\r

            """
        let expected = [Field("project", "one"), Field("bom", "{\r\n--B\r\n--c\r\n}\r\n", filename: "a \"b\".json")]
        for size in [1, 2, 3, 7, 20, 1000] { #expect(try Self.read(body, by: size) == expected) }
    }

    @Test func emptyParts() throws {
        let body = "--b\r\n\(Self.head)\r\n--b\r\n\(Self.head)--no\r\n--b\r\n"
        // The last part has only headers, which RFC 2046 §5.1.1 allows.
        let last = "Content-Disposition: form-data; name=x\r\n\r\n--b--"
        #expect(try Self.read(body + last) == [Field("x", ""), Field("x", "--no"), Field("x", "")])
        #expect(try Self.read("--b--") == [])
    }

    @Test func contentThatLooksLikeTheDelimiter() throws {
        var content = ""
        for _ in 0..<2000 { content += "\r\r\n\r\n-\r\n--\r\n--\u{0}b\n--b\r--b" }
        let body = "--b\r\n\(Self.head)\(content)\r\n--b--"
        for size in [1, 999, 1 << 20] { #expect(try Self.read(body, by: size) == [Field("x", content)]) }
    }

    /// The window's edge falls on every place of the delimiter.
    @Test func longContent() throws {
        for length in (128 << 10) - 70...(128 << 10) + 10 {
            let content = [UInt8](repeating: 0x0D, count: length)
            let body = Array("--b\r\n\(Self.head)".utf8) + content + Array("\r\n--b--".utf8)
            let fields = try Self.read(body)
            #expect(fields.count == 1 && fields[0].content == content)
        }
    }

    @Test(arguments: [
        "", "no delimiter", "--b", "--b\r\n", "--b\r\n\(head)content", "--b\r\n\(head)content\r\n--b",
        "--b\r\n\(head)content\r\n--", "--b\n\(head)x\n--b--", "--b\r\nContent-Disposition: form-data; name=x",
    ])
    func refusesWhatEndsTooEarly(body: String) {
        for size in [1, 4096] {
            #expect { try Self.read(body, by: size) } throws: { error in
                switch error as? MultipartError {
                case .truncated, .badDelimiter: true
                default: false
                }
            }
        }
    }

    @Test(arguments: [
        "--bc\r\n\(head)x\r\n--b--", "--b\r\n\(head)x\r\n--bc\r\n--b--", "--b\r\n\(head)x\r\n--b-\r\n--b--",
        "--b\(String(repeating: " ", count: 300))\r\n\(head)x\r\n--b--",
    ])
    func refusesABoundaryThatGoesOn(body: String) {
        #expect { try Self.read(body) } throws: { error in
            if case .badDelimiter = error as? MultipartError { true } else { false }
        }
    }

    @Test(arguments: [
        "\r\nx", "Content-Type: text/plain\r\n\r\nx", "Content-Disposition: attachment; name=x\r\n\r\nx",
        "Content-Disposition: form-data\r\n\r\nx", "Content-Disposition: form-data; name=x; name=y\r\n\r\nx",
        "Content-Disposition: form-data; name=\"x\r\n\r\nx", "Content-Disposition: form-data; name\r\n\r\nx",
        "Content-Disposition: form-data; name=\"x\"y\r\n\r\nx", "Content-Disposition\r\n\r\nx",
        "Content-Disposition: form-data;\r\n name=x\r\n\r\nx", "Content-Disposition: form-data; name=x\u{0}\r\n\r\nx",
        "Content-Disposition: form-data; name=x\nContent-Type: y\r\n\r\nx",
        "Content-Disposition: form-data; name=x\r\nContent-Disposition: form-data; name=y\r\n\r\nx",
    ])
    func refusesHeadersThatMeanTwoThings(headers: String) {
        #expect { try Self.read("--b\r\n\(headers)\r\n--b--") } throws: { error in
            if case .badHeader = error as? MultipartError { true } else { false }
        }
    }

    @Test func boundsHeadersAndParts() throws {
        let long = String(repeating: "a", count: MultipartReader.headerLimit)
        let error = MultipartError.headersTooLong(limit: MultipartReader.headerLimit, part: 1)
        #expect(throws: error) { try Self.read("--b\r\nX: \(long)\r\n\(Self.head)x\r\n--b--") }
        #expect(throws: error) {
            try Self.read("--b\r\n" + String(repeating: "X: y\r\n", count: 10_000) + Self.head + "x\r\n--b--")
        }
        let part = "--b\r\n\(Self.head)x\r\n"
        let limit = MultipartReader.partLimit
        #expect(try Self.read(String(repeating: part, count: limit) + "--b--").count == limit)
        #expect(throws: MultipartError.tooManyParts(limit: limit)) {
            try Self.read(String(repeating: part, count: limit + 1) + "--b--")
        }
    }

    @Test(arguments: ["", String(repeating: "b", count: 71), "ends ", "b\r\nc", "ü"])
    func refusesBoundariesThatAreNone(boundary: String) {
        #expect { try Self.read("", boundary: boundary) } throws: { error in
            if case .badBoundary = error as? MultipartError { true } else { false }
        }
    }

    /// The boundary of the outer body inside a nested one ends the outer part, whatever the nested one declares.
    @Test func nestedBodiesAreContent() throws {
        let inner = "--i\r\nContent-Disposition: form-data; name=\"bom\"\r\n\r\ninner\r\n--i--"
        let body = "--b\r\n\(Self.head)\(inner)\r\n--b--"
        #expect(try Self.read(body) == [Field("x", inner)])
    }

    @Test func headerValues() throws {
        let header = try MultipartHeader("Multipart/Form-Data; boundary=\"a;b=c\"; charset=utf-8;;")
        #expect(header.value == "multipart/form-data")
        #expect(header.parameters == ["boundary": "a;b=c", "charset": "utf-8"])
        #expect(throws: MultipartError.self) { try MultipartHeader("multipart/form-data; boundary=a; Boundary=b") }
        #expect(try MultipartHeader("form-data; filename=\"C:\\dir\\a\"").parameters["filename"] == "C:\\dir\\a")
    }

    /// The form that Python's own library writes, like many clients.
    @Test func readsWhatPythonWrites() throws {
        let script = """
            import sys
            from email.mime.multipart import MIMEMultipart
            from email.mime.application import MIMEApplication
            from email import policy, encoders
            m = MIMEMultipart('form-data', boundary='=_b')
            p = MIMEApplication(bytes(range(256)) * 9, 'octet-stream', encoders.encode_noop)
            p.add_header('Content-Disposition', 'form-data', name='bom', filename='a b.json')
            m.attach(p)
            sys.stdout.buffer.write(m.as_bytes(policy=policy.HTTP).split(b'\\r\\n\\r\\n', 1)[1])
            """
        // Python itself converts line breaks of binary content, so only the size is compared.
        let fields = try Self.read(Array(try python(script)), boundary: "=_b", by: 100)
        #expect(fields.count == 1)
        #expect(fields.first?.name == "bom" && fields.first?.filename == "a b.json")
        #expect((fields.first?.content.count ?? 0) >= 2304)
    }
}
