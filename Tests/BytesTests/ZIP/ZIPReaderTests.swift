import Bytes
import Foundation
import TestSupport
import Testing

@Suite struct ZIPReading {
    private let folder: TestSupport.TemporaryFolder

    init() throws { folder = try TestSupport.TemporaryFolder() }

    private func path(_ name: String) -> String { folder.path(name) }

    private func read(_ path: String, limits: ZIPReader.Limits = .init()) throws -> [String: [UInt8]] {
        let zip = try ZIPReader(path: path, limits: limits)
        var found: [String: [UInt8]] = [:]
        while let entry = try zip.next() {
            var content = try zip.open(entry)
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1000)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try zip.read(&content, into: $0) }
                if count == 0 { break }
                bytes += buffer[..<count]
            }
            found[entry.name] = bytes
        }
        return found
    }

    /// An archive from Python, by a script that has `z`, an open ZipFile.
    private func python(_ name: String, _ script: String, after: String = "") throws -> String {
        let path = path(name)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            "import zipfile, sys\np = sys.argv[1]\nz = zipfile.ZipFile(p, 'w', zipfile.ZIP_DEFLATED)\n\(script)\nz.close()\n\(after)",
            path,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return path
    }

    /// Impossible 64-bit sizes and positions, in the first entry and in the second.
    @Test(arguments: [
        "1, 2 ** 64 - 1, 0", "1, 2 ** 63, 0", "1, 5, 2 ** 64 - 1", "0, 2 ** 64 - 1, 0", "0, 0, 2 ** 64 - 1",
    ])
    func sizesBeyondAllBoundsAreRefused(_ numbers: String) throws {
        let path = try python(
            "beyond.zip", "z.writestr('a', 'first'); z.writestr('b', 'second')",
            after: """
                import struct
                place, size, offset = \(numbers)
                d = open(p, 'rb').read()
                heads = [i for i in range(len(d)) if d[i:i + 4] == b'PK\\1\\2'] + [d.rindex(b'PK\\5\\6')]
                entries = [bytearray(d[heads[i]:heads[i + 1]]) for i in range(2)]
                e = entries[place]
                struct.pack_into('<I', e, 20, 2 ** 32 - 1)
                struct.pack_into('<I', e, 42, 2 ** 32 - 1)
                struct.pack_into('<H', e, 30, 20)
                e += struct.pack('<HHQQ', 1, 16, size, offset)
                end = bytearray(d[heads[2]:])
                struct.pack_into('<I', end, 12, len(entries[0]) + len(entries[1]))
                open(p, 'wb').write(d[:heads[0]] + entries[0] + entries[1] + end)
                """)
        #expect { try read(path) } throws: { "\($0)".contains("they overlap") }
    }

    @Test func readsWhatOthersWrite() throws {
        let path = try python(
            "good.zip",
            """
            z.writestr('a.json', 'x' * 100000)
            z.writestr('folder/', '')
            z.writestr('folder/ü.json', 'stored', compress_type=zipfile.ZIP_STORED)
            with z.open('wide.json', 'w', force_zip64=True) as f: f.write(b'wide')
            z.writestr('empty', '')
            z.comment = b'PK\\x05\\x06 no end'
            """)
        let found = try read(path)
        #expect(found.keys.sorted() == ["a.json", "empty", "folder/ü.json", "wide.json"])
        #expect(found["a.json"] == Array(repeating: UInt8(ascii: "x"), count: 100_000))
        #expect(found["folder/ü.json"] == Array("stored".utf8))
        #expect(found["wide.json"] == Array("wide".utf8))
    }

    @Test func moreThan65535Entries() throws {
        let path = try python("many.zip", "for i in range(70000): z.writestr(str(i), '')")
        #expect(try read(path).count == 70_000)
        var limits = ZIPReader.Limits()
        limits.entries = 69_999
        #expect(throws: ZIPError.self) { try read(path, limits: limits) }
    }

    @Test func bombIsStopped() throws {
        let path = try python("bomb.zip", "z.writestr('bomb', b'\\0' * 200000000)")
        #expect(throws: ZIPError.self) { try read(path) }
        // An entry with a wrong size: 16 bytes are declared, in both places.
        let liar = try python(
            "liar.zip", "z.writestr('bomb', b'\\0' * 1000000)",
            after: """
                b = open(p, 'rb').read().replace((1000000).to_bytes(4, 'little'), (16).to_bytes(4, 'little'))
                open(p, 'wb').write(b)
                """)
        #expect(throws: ZIPError.self) { try read(liar) }
    }

    @Test func entriesThatShareTheirBytesAreRefused() throws {
        let path = try python(
            "overlap.zip",
            """
            import copy, os
            z.writestr('a', os.urandom(100000))
            for i in range(20):
                e = copy.copy(z.filelist[0]); e.filename = 'a'; z.filelist.append(e)
            """)
        #expect(throws: ZIPError.self) { try read(path) }
    }

    @Test func encryptedAndUnknownMethodsAreRefused() throws {
        let encrypted = try python(
            "encrypted.zip", "z.writestr('a', 'x')",
            after: """
                b = bytearray(open(p, 'rb').read()); i = b.index(b'PK\\x01\\x02'); b[i + 8] |= 1; open(p, 'wb').write(b)
                """)
        #expect(throws: ZIPError.entry(name: "a", why: "it is encrypted")) { try read(encrypted) }
        let method = try python("bzip.zip", "z.writestr('a', 'x', compress_type=zipfile.ZIP_BZIP2)")
        #expect(throws: ZIPError.self) { try read(method) }
    }

    @Test func everyTornFileIsAnErrorOrTheSame() throws {
        let path = try python("torn.zip", "z.writestr('a', 'hello ' * 50); z.writestr('b', 'world ' * 50)")
        let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let whole = try read(path)
        let torn = self.path("torn2.zip")
        for index in good.indices {
            var bytes = good
            bytes[index] ^= 0x55
            try Data(bytes).write(to: URL(fileURLWithPath: torn))
            // Changes of names and times may go unnoticed; changes of contents may not.
            if let found = try? read(torn) {
                for content in found.values { #expect(whole.values.contains(content) || content.isEmpty) }
            }
            try Data(good[..<index]).write(to: URL(fileURLWithPath: torn))
            #expect(throws: ZIPError.self) { try read(torn) }
        }
    }
}
