import Foundation
import Glibc
import TestSupport

/// A file system of a few megabytes, mounted for one test. Mounting needs root.
final class SmallDisk: Sendable {
    private let folder: TemporaryFolder
    let path: String

    /// Whether this process may mount one.
    static let isAvailable: Bool = geteuid() == 0 && (try? SmallDisk(megabytes: 1)) != nil

    init(megabytes: Int) throws {
        folder = try TemporaryFolder()
        path = folder.path("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try ForeignTool.run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
    }

    deinit {
        // The unmount is lazy, because a process from a failed test may still use the disk.
        _ = try? ForeignTool.run("/usr/bin/umount", ["-l", path])
    }

    private var ballast: String { path + "/ballast" }

    /// Fills the disk until only this number of bytes is free.
    func fill(leaving bytes: Int) throws {
        var space = statvfs()
        guard statvfs(path, &space) == 0 else { throw Program.Failed(description: "statvfs \(path)") }
        let free = Int(space.f_bavail) * Int(space.f_frsize)
        guard FileManager.default.createFile(atPath: ballast, contents: Data(count: max(0, free - bytes))) else {
            throw Program.Failed(description: "cannot fill \(path)")
        }
    }

    /// Makes the room again.
    func clear() throws { try FileManager.default.removeItem(atPath: ballast) }
}
