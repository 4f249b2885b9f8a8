import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Runs `packaging/release` in a separate repository whose Makefile makes nothing.
    @Suite(.enabled(if: ForeignTool.find("git") != nil, "needs git"))
    struct ReleaseTests {
        /// Files below `packaging` that name the image.
        private static let manifests = ["compose.yaml", "kubernetes/kustomization.yaml"]

        /// A cluster starts the image of this version.
        @Test func manifestsNameTheVersion() throws {
            let version = try #require(try Executable.run(["version"]).output.split(separator: " ").last)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            for (name, line) in zip(Self.manifests, ["  image: waybill:\(version)\n", "    newTag: \(version)\n"]) {
                let text = try String(contentsOfFile: "\(ReadmeTests.root)/packaging/\(name)", encoding: .utf8)
                #expect(text.contains(line), "\(name)")
            }
        }

        /// A repository with the files that the script reads.
        private final class Repository: Sendable {
            let folder: TemporaryFolder

            init() throws {
                folder = try TemporaryFolder()
                let files = FileManager.default
                for name in ["packaging/kubernetes", "Sources/Inventory"] {
                    try files.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
                }
                for name in ["release"] + ReleaseTests.manifests {
                    try files.copyItem(
                        atPath: "\(ReadmeTests.root)/packaging/\(name)", toPath: folder.path("packaging/\(name)"))
                }
                try write("#!/bin/sh\necho made > \"$3/waybill-$2.spdx.json\"\n", to: "packaging/sbom.py")
                try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path("packaging/sbom.py"))
                try write(
                    """
                    golden:
                    \techo "names $$(grep -o '[0-9.]*' Sources/Inventory/ProgramVersion.swift)" > golden.txt
                    \techo new > golden-new.txt
                    docs test-package image: ; test ! -e broken
                    """, to: "Makefile")
                try write(
                    "enum ProgramVersion {\n    static let current = \"0.1.0\"\n}\n",
                    to: "Sources/Inventory/ProgramVersion.swift")
                try write(
                    "# Changelog\n\n## Unreleased\n\n### Added\n- A thing.\n\n## 0.1.0 - 2024-01-01\n\n- The first.\n",
                    to: "CHANGELOG.md")
                try write(".build\nbroken\n", to: ".gitignore")
                try write("names nothing\n", to: "golden.txt")
                try git("init", "-q")
                try git("config", "user.name", "Tester")
                try git("config", "user.email", "tester@example.org")
                try commit()
            }

            func write(_ text: String, to name: String) throws {
                try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
            }

            func read(_ name: String) throws -> String {
                try String(contentsOfFile: folder.path(name), encoding: .utf8)
            }

            @discardableResult
            func git(_ words: String...) throws -> String {
                let git = try ForeignTool.path("git", package: "git")
                let ending = try Program(git, words, environment: Self.environment, in: folder.url.path).wait()
                guard ending.status == 0 else { throw Program.Failed(description: "git \(words): \(ending.errors)") }
                return ending.output
            }

            func commit() throws {
                try git("add", "-A")
                try git("commit", "-q", "-m", "Change something")
            }

            func release(_ version: String) throws -> Program.Ending {
                try Program(
                    folder.path("packaging/release"), [version], environment: Self.environment, in: folder.url.path
                ).wait()
            }

            /// It uses none of the user's settings, such as a hook or a signing key.
            private static let environment = ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"]
        }

        @Test func whatIsNotReadyIsRefused() throws {
            let repository = try Repository()
            let changes = try repository.read("CHANGELOG.md")
            func expectRefused(_ version: String, _ reason: String) throws {
                let before = try repository.git("status", "--porcelain")
                let ending = try repository.release(version)
                #expect(ending.status == 1 && ending.errors.hasPrefix("release: \(reason)"), "\(ending.errors)")
                #expect(try repository.git("status", "--porcelain") == before)
                #expect(!FileManager.default.fileExists(atPath: repository.folder.path(".build")))
            }
            for version in ["", "1.2", "v1.2.0", "1.2.0-rc1", "1.2.0\n"] { try expectRefused(version, "VERSION is ") }
            try repository.write("changed\n", to: "golden.txt")
            try expectRefused("1.2.0", "the working tree has changes")
            try repository.write("names nothing\n", to: "golden.txt")
            try repository.write("", to: "new.txt")
            try expectRefused("1.2.0", "the working tree has changes")
            try FileManager.default.removeItem(atPath: repository.folder.path("new.txt"))
            try repository.git("tag", "v1.2.0")
            try expectRefused("1.2.0", "the tag v1.2.0 is there already")
            try repository.write(changes.replacing("## Unreleased", with: "## Next"), to: "CHANGELOG.md")
            try repository.commit()
            try expectRefused("1.3.0", "CHANGELOG.md has no section \"Unreleased\"")
            try repository.write(changes.replacing("- A thing.\n", with: ""), to: "CHANGELOG.md")
            try repository.commit()
            try expectRefused("1.3.0", "the section \"Unreleased\" of CHANGELOG.md is empty")
        }

        @Test func aFailureLeavesTheTreeAsItWas() throws {
            let repository = try Repository()
            try repository.write("", to: "broken")
            let head = try repository.git("rev-parse", "HEAD")
            #expect(try repository.release("1.2.0").status != 0)
            #expect(try repository.git("status", "--porcelain") == "")
            #expect(try repository.git("rev-parse", "HEAD") == head)
            #expect(try repository.git("tag") == "")
        }

        @Test func aReleaseIsACommitATagAndFiles() throws {
            let repository = try Repository()
            let ending = try repository.release("1.2.0")
            #expect(ending.status == 0, "\(ending.errors)\n\(ending.output)")
            #expect(try repository.read("Sources/Inventory/ProgramVersion.swift").contains("current = \"1.2.0\""))
            #expect(try repository.read("golden.txt") == "names 1.2.0\n")
            #expect(try repository.git("ls-files", "golden-new.txt") == "golden-new.txt\n")
            for name in Self.manifests {
                #expect(try repository.read("packaging/\(name)").contains("1.2.0"), "\(name)")
            }
            let changes = try repository.read("CHANGELOG.md")
            #expect(
                changes.contains(/## Unreleased\n\n## 1\.2\.0 - \d{4}-\d\d-\d\d\n\n### Added\n- A thing\./),
                "\(changes)")
            #expect(try repository.git("status", "--porcelain") == "")
            #expect(try repository.git("log", "-1", "--format=%s") == "Release 1.2.0\n")
            let notes = try repository.git("tag", "-l", "--format=%(contents)", "v1.2.0")
            #expect(notes.hasPrefix("Waybill 1.2.0\n") && notes.contains("- A thing.") && !notes.contains("The first"))
            let made = try FileManager.default.contentsOfDirectory(
                atPath: repository.folder.path(".build/release-1.2.0"))
            #expect(Set(made) == ["SHA256SUMS", "waybill-1.2.0.spdx.json", "waybill-1.2.0.tar.gz"])
            let again = try repository.release("1.2.0")
            #expect(again.status == 1 && again.errors.contains("the tag v1.2.0 is there already"))
        }
    }
}
