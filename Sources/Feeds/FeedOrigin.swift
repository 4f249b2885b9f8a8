import Bytes
import Glibc

/// The origin of a source's files.
package enum FeedOrigin: Sendable, Equatable {
    /// The publishers.
    case publishers
    /// A server with the layout of a mirror: its address, without a final slash.
    case mirror(String)
    /// A folder with the layout of a mirror.
    case folder(String)

    /// Reads a person's input: an address (`https://…`, `http://…`), or an existing folder.
    package init(_ text: String) throws(FeedError) {
        if text.hasPrefix("https://") || text.hasPrefix("http://") {
            // Addresses appear in messages, logs and the database.
            guard !(text.split(separator: "/").dropFirst().first ?? "").contains("@") else {
                throw .content(address: "the mirror", why: "its address has a user or a password; give it without")
            }
            var address = text[...]
            while address.hasSuffix("/") { address.removeLast() }
            self = .mirror(String(address))
            return
        }
        let path = text.hasPrefix("file://") ? String(text.dropFirst(7)) : text
        var status = stat()
        guard stat(path, &status) == 0 else { throw .file(path: path, why: systemMessage(errno)) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .file(path: path, why: "it is no folder") }
        self = .folder(path)
    }

    /// The place of a file.
    func address(of file: FeedFile) -> String {
        switch self {
        case .publishers: file.address
        case .mirror(let root):
            root + "/" + file.path.split(separator: "/").map { String($0).percentEncoded }.joined(separator: "/")
        case .folder(let root): root + "/" + file.path
        }
    }

    /// The names in a folder of the layout, none for a missing folder; nil if folders cannot be listed, as on a server.
    func names(in folder: String) -> [String]? {
        guard case .folder(let root) = self else { return nil }
        return (Folder.names(in: "\(root)/\(folder)") ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }
}
