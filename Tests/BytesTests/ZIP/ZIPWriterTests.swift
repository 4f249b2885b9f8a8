import Foundation
import Testing

@testable import Bytes

/// 2024-02-29 12:34:56.
private let noon: Int64 = 1_709_210_096_000

extension ZIPWriter {
    /// Writes a whole entry.
    func add(_ name: String, _ content: [UInt8]) throws(SinkError) {
        let destination = try begin(name)
        try content.withBytes(destination)
        try end()
    }
}

struct ZIPWriterTests {
    private func archive(
        isLarge: Bool = true, level: CompressionLevel = .quick, digest: Digest.Algorithm? = nil,
        _ write: (ZIPWriter) throws -> Void
    ) throws -> (bytes: [UInt8], summary: ZIPWriter.Summary) {
        var bytes: [UInt8] = []
        let zip = ZIPWriter(time: noon, level: level, isLarge: isLarge, digest: digest, to: { bytes += $0 })
        try write(zip)
        let summary = try zip.finish()
        return (bytes, summary)
    }

    private func saved(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> String {
        let file = folder.file("a.zip")
        try Data(bytes).write(to: file)
        return file.path
    }

    @Test(arguments: CompressionLevel.allCases)
    func otherToolsReadIt(_ level: CompressionLevel) throws {
        let folder = try TemporaryFolder()
        let contents: [(String, [UInt8])] = [
            ("empty.txt", []), ("Bericht – 報告/ä.json", rows(3)), ("large.xml", rows(50_000)), ("a", [0, 255]),
        ]
        let (bytes, summary) = try archive(level: level, digest: .sha1) { zip in
            for (name, content) in contents { try zip.add(name, content) }
            #expect(zip.entries.map(\.name) == contents.map(\.0))
            #expect(zip.entries.map(\.size) == contents.map { UInt64($0.1.count) })
        }
        #expect(summary.size == UInt64(bytes.count))
        #expect(summary.entries == 4)
        #expect(summary.digest == Digest.of(bytes, .sha1))
        let path = try saved(bytes, in: folder)
        _ = try run("/usr/bin/env", ["unzip", "-t", path])
        let script = """
            import sys, zipfile, json, hashlib
            z = zipfile.ZipFile(sys.argv[1])
            assert z.testzip() is None
            print(json.dumps([[i.filename, hashlib.sha256(z.read(i)).hexdigest(), list(i.date_time).__repr__(),
                str(i.compress_type), str(i.compress_size), str(i.flag_bits), str(i.extract_version)] for i in z.infolist()]))
            """
        let listed = try JSONDecoder().decode([[String]].self, from: try python(script, [path]))
        try #require(listed.count == contents.count)
        for (item, (name, content)) in zip(listed, contents) {
            #expect(item[0] == name)
            #expect(item[1] == Digest.of(content, .sha256).hexadecimal)
            #expect(item[2] == "[2024, 2, 29, 12, 34, 56]")
            #expect(item[3] == "8")
            #expect(item[5] == String(1 << 3 | 1 << 11))
            #expect(item[6] == "20")
        }
    }

    @Test func aWorkbookInAReport() throws {
        let folder = try TemporaryFolder()
        let sheet = rows(60_000)
        let (bytes, _) = try archive { outer in
            let inner = ZIPWriter(time: noon, level: .small, isLarge: false, to: try outer.begin("book.xlsx"))
            try inner.add("[Content_Types].xml", Array("<Types/>".utf8))
            try inner.add("xl/worksheets/sheet1.xml", sheet)
            try inner.finish()
            try outer.end()
            try outer.add("after.txt", Array("after".utf8))
        }
        let path = try saved(bytes, in: folder)
        _ = try run("/usr/bin/env", ["unzip", "-t", path])
        let script = """
            import sys, zipfile, io, hashlib
            z = zipfile.ZipFile(sys.argv[1])
            inner = zipfile.ZipFile(io.BytesIO(z.read("book.xlsx")))
            assert inner.testzip() is None and z.read("after.txt") == b"after"
            print(hashlib.sha256(inner.read("xl/worksheets/sheet1.xml")).hexdigest(), end="")
            """
        let digest = String(decoding: try python(script, [path]), as: UTF8.self)
        #expect(digest == Digest.of(sheet, .sha256).hexadecimal)
    }

    /// The writer's invariants hold after each step, also after failing steps.
    @Test func theDirectoryIsSoundAtEachStep() throws {
        let zip = ZIPWriter(time: noon, level: .quick, isLarge: false, to: { _ in })
        func attempt(_ step: () throws -> Void) {
            #expect(throws: SinkError.self) { try step() }
            #expect(zip.fault == nil)
        }
        attempt { try zip.end() }
        for (number, size) in [0, 1, 5, 70_000].enumerated() {
            let destination = try zip.begin("entry \(number)")
            #expect(zip.fault == nil)
            attempt { _ = try zip.begin("another") }
            attempt { try zip.finish() }
            try [UInt8](repeating: 7, count: size).withBytes(destination)
            #expect(zip.fault == nil)
            try zip.end()
            #expect(zip.fault == nil)
            attempt { _ = try zip.begin("entry \(number)") }
            attempt { _ = try zip.begin("../\(number)") }
        }
        let small = try zip.begin("too small", maximum: 3)
        attempt { try [1, 2, 3, 4].withBytes(small) }
        try zip.end()
        try zip.finish()
        #expect(zip.fault == nil)
        attempt { try zip.finish() }
        attempt { _ = try zip.begin("late") }
    }

    @Test func sameBytesEachTime() throws {
        func make(threads: Int) throws -> [UInt8] {
            var bytes: [UInt8] = []
            let deflate = Deflate(.quick, threads: threads)
            let zip = ZIPWriter(time: noon, deflate: deflate, isLarge: true, to: { bytes += $0 })
            try zip.add("a.xml", rows(40_000))
            try zip.add("b.xml", rows(10))
            try zip.finish()
            return bytes
        }
        let first = try make(threads: 0)
        #expect(try make(threads: 2) == first)
        #expect(try make(threads: 5) == first)
    }

    @Test func seventyThousandEntriesNeedZIP64() throws {
        let folder = try TemporaryFolder()
        let (bytes, _) = try archive { zip in
            for number in 0..<70_000 { try zip.add("e/\(number)", [UInt8(truncatingIfNeeded: number)]) }
        }
        let path = try saved(bytes, in: folder)
        let script = """
            import sys, zipfile
            z = zipfile.ZipFile(sys.argv[1])
            assert len(z.infolist()) == 70000
            assert all(z.read("e/%d" % n) == bytes([n % 256]) for n in range(0, 70000, 97))
            """
        _ = try python(script, [path])
        _ = try run("/usr/bin/env", ["unzip", "-tqq", path])
        #expect(throws: SinkError.self) {
            try archive(isLarge: false) { zip in for number in 0..<65_535 { try zip.add("\(number)", []) } }
        }
    }

    /// APPNOTE §4.3.9.2 and §4.5.3: sizes beyond 32 bits.
    @Test func anEntryBeyondFourGigabytes() throws {
        let folder = try TemporaryFolder()
        let size = UInt64(1) << 32 + 12_345
        let zeros = [UInt8](repeating: 0, count: 1 << 22)
        func fill(_ destination: ByteSink.Destination) throws {
            for _ in 0..<1024 { try zeros.withBytes(destination) }
            try Array(zeros[..<12_345]).withBytes(destination)
        }
        let (bytes, _) = try archive { zip in
            try fill(try zip.begin("zeros", maximum: .max))
            #expect(try zip.end().size == size)
            try zip.add("small", [1])
            let entry = try zip.begin("said to be large", maximum: .max)
            try [2, 3].withBytes(entry)
            try zip.end()
        }
        let path = try saved(bytes, in: folder)
        _ = try run("/usr/bin/env", ["unzip", "-tqq", path, "small", "said to be large"])
        let script = """
            import sys, zipfile
            z = zipfile.ZipFile(sys.argv[1])
            assert [i.file_size for i in z.infolist()] == [\(size), 1, 2], z.infolist()
            assert z.read("small") == b"\\x01" and z.read("said to be large") == b"\\x02\\x03"
            """
        _ = try python(script, [path])
    }

    @Test func aPlainArchiveRefusesWhatItCannotHold() throws {
        let zip = ZIPWriter(time: noon, level: .quick, isLarge: false, to: { _ in })
        #expect(throws: SinkError.self) { try zip.begin("a", maximum: 1 << 33) }
        let destination = try zip.begin("b", maximum: 1000)
        #expect(throws: SinkError.self) { try [UInt8](repeating: 0, count: 1001).withBytes(destination) }
    }

    @Test(arguments: ["", "/etc/passwd", "../a", "a/../b", "a\\b", "a\u{0}b", String(repeating: "x", count: 70_000)])
    func refusesNamesThatHarm(_ name: String) {
        let zip = ZIPWriter(time: noon, level: .quick, isLarge: true, to: { _ in })
        #expect(throws: SinkError.self) { try zip.begin(name) }
    }

    @Test func refusesWrongOrder() throws {
        let zip = ZIPWriter(time: noon, level: .quick, isLarge: true, to: { _ in })
        #expect(throws: SinkError.self) { try zip.end() }
        _ = try zip.begin("a")
        #expect(throws: SinkError.self) { try zip.begin("b") }
        #expect(throws: SinkError.self) { try zip.finish() }
        try zip.end()
        #expect(throws: SinkError.self) { try zip.begin("a") }
        try zip.finish()
        #expect(throws: SinkError.self) { try zip.begin("c") }
        #expect(throws: SinkError.self) { try zip.finish() }
    }

    /// MS-DOS times range from 1980 to 2107 (APPNOTE §4.4.6).
    @Test(arguments: [(Int64.min, "1980-1-1"), (0, "1980-1-1"), (Int64.max, "2107-12-31")] as [(Int64, String)])
    func timesOutOfRange(_ time: Int64, _ expected: String) throws {
        let folder = try TemporaryFolder()
        var bytes: [UInt8] = []
        let zip = ZIPWriter(time: time, level: .quick, isLarge: true, to: { bytes += $0 })
        try zip.add("a", [1])
        try zip.finish()
        let script =
            "import sys, zipfile; print('%d-%d-%d' % zipfile.ZipFile(sys.argv[1]).infolist()[0].date_time[:3], end='')"
        #expect(String(decoding: try python(script, [try saved(bytes, in: folder)]), as: UTF8.self) == expected)
    }
}
