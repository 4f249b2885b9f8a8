import Foundation

/// Files that tests compare with. `Tests/Data/README.md` states the source of each.
package enum TestData {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The path of a file or folder of `Tests/Data`.
    package static func path(_ name: String) -> String { root.appendingPathComponent("Tests/Data/\(name)").path }

    /// The lines of a file of `Tests/Data`, without empty ones.
    package static func lines(_ name: String) throws -> [Substring] { try lines(of: path(name)) }

    /// The lines of a text file, without empty ones.
    package static func lines(of path: String) throws -> [Substring] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    }

    /// The path of a file or folder of `shared`, a folder of larger data that may be beside the checkout or above it. Nil
    /// where it is missing; tests that need it state that in a trait.
    package static func shared(_ name: String) -> String? {
        var folder = root
        for _ in 0..<4 {
            folder.deleteLastPathComponent()
            let path = folder.appendingPathComponent("shared/\(name)").path
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        return nil
    }
}
