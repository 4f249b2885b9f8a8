import Foundation
import Glibc
import Testing

@testable import Service

/// Only the server can read its files.
struct PrivateFilesTests {
    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func whatWasOpenIsClosed() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("open-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for path in ["", "/artifacts", "/artifacts/ab", "/spool"] {
            try FileManager.default.createDirectory(atPath: folder + path, withIntermediateDirectories: true)
            chmod(folder + path, 0o755)
        }
        let files = ["/waybill.sqlite", "/waybill.sqlite-wal", "/artifacts/ab/x.zip", "/spool/y"]
        for path in files {
            #expect(FileManager.default.createFile(atPath: folder + path, contents: Data("x".utf8)))
            chmod(folder + path, 0o644)
        }
        // A link leads elsewhere; its target is not changed.
        let outside = folder + "-outside"
        #expect(FileManager.default.createFile(atPath: outside, contents: nil))
        defer { unlink(outside) }
        chmod(outside, 0o644)
        symlink(outside, folder + "/link")
        try PrivateFiles.closeAll(in: folder)
        for path in files { #expect(mode(folder + path) == 0o600, "\(path)") }
        for path in ["", "/artifacts", "/artifacts/ab", "/spool"] { #expect(mode(folder + path) == 0o700, "\(path)") }
        #expect(mode(outside) == 0o644)
        try PrivateFiles.closeAll(in: folder + "/none")
        // A single accessible file on an upper level makes the check run again.
        chmod(folder + "/artifacts/ab/x.zip", 0o644)
        chmod(folder + "/waybill.sqlite", 0o644)
        try PrivateFiles.closeAll(in: folder)
        #expect(mode(folder + "/artifacts/ab/x.zip") == 0o600)
    }

    @Test func aDataDirectoryIsClosed() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("data-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let old = umask(0o022)
        defer { umask(old) }
        let directory = try DataDirectory(folder)
        for path in [directory.path, directory.spool, directory.incoming] { #expect(mode(path) == 0o700, "\(path)") }
    }
}
