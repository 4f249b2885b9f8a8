import BOM
import Foundation
import Testing

/// What goes in comes out: real documents are read, written, read again.
@Suite struct WriterRoundTripTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/data/sboms").standardizedFileURL

    /// The shared documents that this build reads: every fifth, or all where `WAYBILL_TEST_ALL` is set (`make test-sbom`).
    static let paths: [String] = {
        guard let walk = FileManager.default.enumerator(atPath: folder.path) else {
            print("SKIPPED: no documents in \(folder.path)")
            return []
        }
        let all = walk.compactMap { $0 as? String }.filter { $0.hasSuffix(".json") }.sorted()
        if ProcessInfo.processInfo.environment["WAYBILL_TEST_ALL"] != nil { return all }
        return all.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
    }()

    /// What was read, in the order in which writers want it.
    private func sample(_ collected: Collector) -> WriterSample {
        var it = WriterSample()
        if let document = collected.document { it.document = document }
        it.document.created = "2026-01-02T03:04:05Z"
        let isCycloneDX = it.document.standard == .cycloneDX
        let rootRef = isCycloneDX ? it.document.describes.first : nil
        it.root = collected.components.first { $0.ref == rootRef }
        it.components = collected.components.filter { $0.ref != rootRef }
        var order: [String] = []
        var edges: [String: [Dependency]] = [:]
        for edge in collected.dependencies {
            if edges[edge.from] == nil { order.append(edge.from) }
            edges[edge.from, default: []].append(edge)
        }
        it.edges = order.map { ($0, edges[$0] ?? []) }
        it.vulnerabilities = collected.vulnerabilities
        return it
    }

    private func read(_ bytes: [UInt8]) throws -> Collector {
        var collector = Collector()
        try BOMReader.read(bytes: bytes, into: &collector)
        return collector
    }

    @Test(arguments: paths)
    func `documents survive`(path: String) throws {
        var first = Collector()
        do {
            try BOMReader.read(file: Self.folder.appending(path: path).path, into: &first)
        } catch {
            return  // What cannot be read is the readers' matter.
        }
        let sample = sample(first)
        let outputs = [
            ("cdx14", try sample.cycloneDX(.v14)), ("cdx15", try sample.cycloneDX(.v15)),
            ("cdx16", try sample.cycloneDX(.v16)),
            ("spdx22", try sample.spdx(.v22)), ("spdx23", try sample.spdx(.v23)),
        ]
        let purls = Set(first.components.map(\.purl).filter { PurlProbe.isValid($0) })
        let identities = first.components.map { "\($0.name)@\($0.version)" }.filter { $0.first != "@" }.map(
            PurlProbe.line
        ).sorted()
        for (name, bytes) in outputs {
            if let folder = ProcessInfo.processInfo.environment["WAYBILL_EXPORT_FOLDER"] {
                let file = path.replacing("/", with: "_") + ".\(name).json"
                try Data(bytes).write(to: URL(filePath: folder).appending(path: file))
            }
            let second = try read(bytes)
            let odd = second.warnings.filter {
                !$0.contains("lies in another document") && !$0.contains("is not in this document")
            }
            #expect(odd.isEmpty, "\(name): \(odd.prefix(3))")
            #expect(second.components.count == first.components.count, "\(name)")
            #expect(purls.isSubset(of: Set(second.components.map(\.purl))), "\(name)")
            if first.components.allSatisfy({ $0.group.isEmpty || PurlProbe.isValid($0.purl) }) {
                let again = second.components.map { "\($0.name)@\($0.version)" }.filter { $0.first != "@" }
                #expect(
                    again.map(PurlProbe.line).filter { !$0.hasPrefix("unnamed@") }.sorted() == identities, "\(name)")
            }
            let needs = first.dependencies.filter { $0.kind == .dependsOn && $0.from != $0.to }
            let known = Set(first.components.map(\.ref))
            let expected = Set(
                needs.filter { known.contains($0.from) && known.contains($0.to) }.map { "\($0.from) \($0.to)" })
            let found = second.dependencies.filter { $0.kind == .dependsOn }
            #expect(found.count >= expected.count, "\(name): \(found.count) edges of \(expected.count)")
        }
    }

    @Test func `the same calls give the same bytes`() throws {
        #expect(try WriterSample.full.spdx(.v23) == WriterSample.full.spdx(.v23))
        #expect(try WriterSample.full.cycloneDX(.v15) == WriterSample.full.cycloneDX(.v15))
    }
}

/// What the comparison needs to know of texts.
enum PurlProbe {
    static func isValid(_ text: String) -> Bool {
        !text.isEmpty && text.hasPrefix("pkg:") && text.contains("/") && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
            && InventoryProbe.isPackageURL(text)
    }

    static func line(_ text: String) -> String {
        text.replacing("\n", with: " ").trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
