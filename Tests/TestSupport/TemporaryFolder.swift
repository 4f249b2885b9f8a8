package import Foundation
import Synchronization

/// A folder for one test, which is deleted with this object.
package final class TemporaryFolder: Sendable {
    package let url: URL
    private let base: String

    /// Makes a new folder below the folder of the process.
    package init() throws {
        url = Self.root.appendingPathComponent(UUID().uuidString.lowercased(), isDirectory: true)
        base = url.path
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // Remaining files are deleted with the process's folder.
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file or folder in it, which need not exist.
    package func path(_ name: String) -> String { name.isEmpty ? base : "\(base)/\(name)" }

    /// The folder of this process, deleted when the process ends normally.
    static let root: URL = {
        let root = URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true)
            .appendingPathComponent("waybill-tests-\(getpid())", isDirectory: true)
        atexit { try? FileManager.default.removeItem(at: TemporaryFolder.root) }
        return root
    }()
}
