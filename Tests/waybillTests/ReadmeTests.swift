import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Runs the commands of the README.
    struct ReadmeTests {
        static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path

        /// The lines of code of a section.
        private static func code(of section: String) throws -> String {
            let text = try String(contentsOfFile: root + "/README.md", encoding: .utf8)
            let parts = text.components(separatedBy: "\n## \(section)\n")
            let body = try #require(parts.last?.components(separatedBy: "\n## ").first)
            try #require(parts.count == 2)
            return body.components(separatedBy: "\n").filter { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }
                .joined(separator: "\n")
        }

        /// Submit, poll and download are complete, with files of the repository.
        @Test func theTourWorksByCopyAndPaste() throws {
            let folder = try TemporaryFolder()
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("Examples"), withDestinationPath: Self.root + "/Examples")
            let port = try LoopbackListener().port
            let tour = try Self.code(of: "A tour")
                .replacingOccurrences(of: ".build/release/waybill", with: Executable.path)
                .replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(port)")
                .replacingOccurrences(of: "$(mktemp -d)", with: folder.path("data"))
            try FileManager.default.createDirectory(
                atPath: folder.path("data"), withIntermediateDirectories: false)
            let script = "set -euo pipefail\ntrap 'kill $! 2>/dev/null' EXIT\n\(tour)\n"
            let ending = try Program.run("/bin/bash", ["-c", script], in: folder.url.path)
            #expect(ending.status == 0, "\(ending.errors)\n\(ending.output)")
            #expect(ending.output.contains("MADE-2026-0002"))
            #expect(ending.output.contains("\"status\":\"SUCCESS\""))
            let zip = try Data(contentsOf: URL(fileURLWithPath: folder.path("data/report.zip")))
            #expect(try Archive.single(zip).name.hasSuffix(".xlsx"))
        }

        /// The README begins with three sentences and one picture.
        @Test func theBeginningIsShort() throws {
            let text = try String(contentsOfFile: Self.root + "/README.md", encoding: .utf8)
            let parts = text.components(separatedBy: "\n\n")
            #expect(parts[0] == "# Waybill")
            let sentences = parts[1].replacing("v1.4,", with: "v1,").matches(of: /[a-z]\.(\s|$)/).count
            #expect(sentences == 3, "\(parts[1])")
            #expect(parts[2].hasPrefix("![") && text.components(separatedBy: "![").count == 2)
        }

        /// The start page links to a page for each kind of reader, and no page is left out.
        @Test func theStartPageLeadsEverywhere() throws {
            let start = try String(contentsOfFile: Self.root + "/docs/README.md", encoding: .utf8)
            for reader in [
                "Platform engineer", "Security engineer", "Lawyer", "Release engineer", "Operator", "Developer",
            ] { #expect(start.contains("\n## \(reader)\n")) }
            for page in try FileManager.default.contentsOfDirectory(atPath: Self.root + "/docs")
            where page.hasSuffix(".md") && page != "README.md" {
                #expect(start.contains("(\(page))") || start.contains("(\(page)#"), "\(page)")
            }
        }

        /// The anchors of a page: for each heading its words in lower case with hyphens, with a number from the second equal
        /// heading on.
        private static func anchors(of page: String) throws -> Set<String> {
            var (anchors, counts) = (Set<String>(), [String: Int]())
            var isCode = false
            for line in try String(contentsOfFile: page, encoding: .utf8).components(separatedBy: "\n") {
                if line.hasPrefix("```") { isCode.toggle() }
                guard !isCode, let heading = line.wholeMatch(of: /#{1,6} (.+?)\s*/)?.1 else { continue }
                let words = heading.replacing(/\[([^\]]*)\]\([^)]*\)/) { $0.1 }.lowercased()
                let anchor = String(
                    words.compactMap { letter in
                        letter == " " ? "-" : letter.isLetter || letter.isNumber || "-_".contains(letter) ? letter : nil
                    })
                let count = counts[anchor, default: 0]
                counts[anchor] = count + 1
                anchors.insert(count == 0 ? anchor : "\(anchor)-\(count)")
            }
            return anchors
        }

        /// Every page and heading that a document or an alert rule links to exists.
        @Test func noLinkIsDead() throws {
            let files = FileManager.default
            let pages =
                try ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "Examples/README.md"]
                + ["docs", "docs/adr", "packaging/kubernetes"].flatMap { folder in
                    try files.contentsOfDirectory(atPath: "\(Self.root)/\(folder)").filter { $0.hasSuffix(".md") }
                        .map { "\(folder)/\($0)" }
                }
            var (links, places) = (0, 0)
            func follow(_ target: String, _ anchor: String, from page: String) throws {
                let here = "\(Self.root)/\(page)"
                let folder = URL(fileURLWithPath: here).deletingLastPathComponent()
                let path = target.isEmpty ? here : folder.appendingPathComponent(target).path
                #expect(files.fileExists(atPath: path), "\(page) links to \(target)")
                links += 1
                guard !anchor.isEmpty, path.hasSuffix(".md"), files.fileExists(atPath: path) else { return }
                #expect(try Self.anchors(of: path).contains(anchor), "\(page) links to \(target)#\(anchor)")
                places += 1
            }
            for page in pages {
                let text = try String(contentsOfFile: "\(Self.root)/\(page)", encoding: .utf8)
                for match in text.matches(of: /\]\(([^)#\s]*)(?:#([^)\s]*))?\)/) {
                    let target = String(match.1)
                    guard !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
                    try follow(target, String(match.2 ?? ""), from: page)
                }
            }
            for file in ["alerts.yml", "dashboard.json"] {
                let text = try String(contentsOfFile: "\(Self.root)/packaging/watching/\(file)", encoding: .utf8)
                for match in text.matches(of: /(docs\/\w+\.md)#([\w-]+)/) {
                    try follow(String(match.1), String(match.2), from: "README.md")
                }
            }
            #expect(links > 60 && places > 20, "\(links) \(places)")
        }

        /// The examples state that they are made up.
        @Test func theExamplesAreNamedAsMade() throws {
            let text = try String(contentsOfFile: Self.root + "/Examples/README.md", encoding: .utf8)
            #expect(text.hasPrefix("# Made-up examples"))
            for name in try FileManager.default.contentsOfDirectory(atPath: Self.root + "/Examples/advisories") {
                #expect(name.hasPrefix("MADE-"), "\(name)")
                let advisory = try String(contentsOfFile: Self.root + "/Examples/advisories/\(name)", encoding: .utf8)
                #expect(advisory.contains("is made up"))
            }
        }
    }
}
