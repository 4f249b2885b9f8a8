import Foundation
import Testing

/// Folders of one target use each other in only one direction, so that each can be read without those above it. SwiftPM refuses
/// circular targets, but not circular folders. A folder and the folders inside it count as one.
@Suite struct FolderOrderTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources")

    private struct File {
        let folder: String
        /// The types that the file declares for other files of its target.
        let declared: Set<String>
        /// The words of its code that may name types.
        let named: Set<String>

        var target: String { String(folder.prefix { $0 != "/" }) }

        init(_ path: String, _ text: String) {
            folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
            declared = FolderOrderTests.declarations(in: text)
            named = FolderOrderTests.words(of: Array(text.utf8))
        }
    }

    @Test func foldersUseEachOtherInOneDirection() throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: Self.sources.path).filter {
            $0.hasSuffix(".swift")
        }
        #expect(paths.count > 400)
        let files = try paths.map {
            File($0, try String(contentsOf: Self.sources.appendingPathComponent($0), encoding: .utf8))
        }
        #expect(Self.circle(of: files) == [])
    }

    @Test func aCircleIsSeen() {
        let up = "package struct Upper {\n    let lower: Lower\n}\n"
        let down = "struct Lower {\n    // Names Upper in a comment.\n    let text = \"Upper\"\n}\n"
        let back = "enum Lower {\n    static func make() -> Upper? { nil }\n}\n"
        #expect(Self.circle(of: [File("A/Up/Upper.swift", up), File("A/Down/Lower.swift", down)]) == [])
        #expect(
            Self.circle(of: [File("A/Up/Upper.swift", up), File("A/Down/Lower.swift", back)]) == ["A/Down", "A/Up"])
        #expect(Self.circle(of: [File("A/Up/Upper.swift", up), File("A/Up/Down/Lower.swift", back)]) == [])
        #expect(Self.circle(of: [File("A/Up/Upper.swift", up), File("B/Down/Lower.swift", back)]) == [])
    }

    /// The folders of circles, with the uses between them; empty without circles.
    private static func circle(of files: [File]) -> [String] {
        var folders: [String: Set<String>] = [:]
        for file in files {
            for name in file.declared { folders["\(file.target) \(name)", default: []].insert(file.folder) }
        }
        var uses: [String: Set<String>] = [:]
        for file in files {
            for name in file.named {
                for folder in folders["\(file.target) \(name)"] ?? []
                where !"\(folder)/".hasPrefix("\(file.folder)/") && !"\(file.folder)/".hasPrefix("\(folder)/") {
                    uses[file.folder, default: []].insert(folder)
                }
            }
        }
        while true {
            let used = uses.values.reduce(into: Set<String>()) { $0.formUnion($1) }
            let rest = uses.compactMapValues { folders in
                let open = folders.filter { uses[$0] != nil }
                return open.isEmpty ? nil : open
            }.filter { used.contains($0.key) }
            if rest == uses { return uses.keys.sorted() }
            uses = rest
        }
    }

    /// Types that are declared without indentation, where declarations of a file are.
    private static func declarations(in text: String) -> Set<String> {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        let modifiers: Set<Substring> = ["package", "public", "final", "indirect", "nonisolated"]
        var names: Set<String> = []
        for line in text.split(separator: "\n") {
            guard let first = line.utf8.first, first != UInt8(ascii: " "), first != UInt8(ascii: "/") else { continue }
            let words = line.split { !($0.isLetter || $0.isNumber || "_@".contains($0)) }
                .drop { modifiers.contains($0) || $0.hasPrefix("@") }
            if words.count > 1, kinds.contains(words[words.startIndex]) {
                names.insert(String(words[words.startIndex + 1]))
            }
        }
        return names
    }

    /// The words that begin with a capital, outside of comments and strings.
    private static func words(of text: [UInt8]) -> Set<String> {
        let (quote, slash, newline) = (UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "\n"))
        func isThere(_ byte: UInt8, _ count: Int, at place: Int) -> Bool {
            place + count <= text.count && text[place..<place + count].allSatisfy { $0 == byte }
        }
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        var words: Set<String> = []
        var place = 0
        while place < text.count {
            if isThere(slash, 2, at: place) {
                while place < text.count, text[place] != newline { place += 1 }
            } else if isThere(quote, 3, at: place) {
                place += 3
                while place < text.count, !isThere(quote, 3, at: place) { place += 1 }
                place += 3
            } else if text[place] == quote {
                place += 1
                while place < text.count, text[place] != quote, text[place] != newline {
                    place += text[place] == UInt8(ascii: "\\") ? 2 : 1
                }
                place += 1
            } else if isWord(text[place]) {
                let begin = place
                while place < text.count, isWord(text[place]) { place += 1 }
                if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(text[begin]) {
                    words.insert(String(decoding: text[begin..<place], as: UTF8.self))
                }
            } else {
                place += 1
            }
        }
        return words
    }
}
