package import Foundation
import Synchronization

/// A folder for one test, gone with it.
package final class TemporaryFolder: Sendable {
    package let url: URL
    private let base: String

    /// Makes a folder of its own below the process's one.
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

    /// This process's folder, removed when the process ends in good order.
    static let root: URL = {
        let root = URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true)
            .appendingPathComponent("waybill-tests-\(getpid())", isDirectory: true)
        atexit { try? FileManager.default.removeItem(at: TemporaryFolder.root) }
        return root
    }()
}
