import BOM
import Foundation
import TestSupport
import Testing

/// A document, and whether readers must refuse it.
struct RoundTripDocument: Sendable, CustomTestStringConvertible {
    let folder: String
    let file: String
    let isRefused: Bool

    var testDescription: String { file }

    /// All made-up documents; of the real ones in JSON, if they are beside the checkout, every fifth, or all if
    /// `WAYBILL_TEST_ALL` is set (`make test-sbom`).
    static func all() throws -> [RoundTripDocument] {
        let made = try documents(TestData.path("sboms"), expected: TestData.path("sboms/expected.jsonl"))
        guard let data = TestData.shared("data") else { return made }
        let real = try documents("\(data)/sboms", expected: "\(data)/expected/sbom-content.jsonl")
            .filter { $0.file.hasSuffix(".json") }
        if ProcessInfo.processInfo.environment["WAYBILL_TEST_ALL"] != nil { return made + real }
        return made + real.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
    }

    private struct Expected: Decodable {
        let file: String
        let ok: Bool
    }

    private static func documents(_ folder: String, expected: String) throws -> [RoundTripDocument] {
        try TestData.lines(of: expected).map {
            let it = try JSONDecoder().decode(Expected.self, from: Data($0.utf8))
            // The independent reader accepts another bomFormat; Waybill's does not.
            let isRefused = !it.ok || it.file.contains("/invalid-bomformat-")
            return RoundTripDocument(folder: folder, file: it.file, isRefused: isRefused)
        }
    }
}

/// Documents are read, written and read again, with the same content.
@Suite struct WriterRoundTripTests {
    @Test(.enabled(if: TestData.shared("data") != nil, "needs ../shared/data: only made documents are written"))
    func `real documents take part`() throws { #expect(try RoundTripDocument.all().count > 60) }

    /// The parts in the order that writers need.
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

    /// The name of a component that is the same in every syntax.
    private func name(_ component: Component) -> String {
        if PurlProbe.isValid(component.purl) { return component.purl }
        let name = component.group.isEmpty ? component.name : "\(component.group)/\(component.name)"
        return PurlProbe.line("\(name)@\(component.version)")
    }

    /// The edges between components, by the names of both ends, because references change on the way.
    private func edges(_ collected: Collector) -> Set<[String]> {
        let names = Dictionary(collected.components.map { ($0.ref, name($0)) }) { first, _ in first }
        return Set(
            collected.dependencies.filter { $0.kind == .dependsOn && $0.from != $0.to }.compactMap { edge in
                guard let from = names[edge.from], let to = names[edge.to] else { return nil }
                return [from, to]
            })
    }

    @Test(arguments: try RoundTripDocument.all())
    func `documents survive`(document: RoundTripDocument) throws {
        let (path, file) = (document.file, "\(document.folder)/\(document.file)")
        var first = Collector()
        guard !document.isRefused else {
            #expect(throws: BOMError.self) { try BOMReader.read(file: file, into: &first) }
            return
        }
        try BOMReader.read(file: file, into: &first)
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
            let (wanted, found) = (edges(first), edges(second))
            #expect(found == wanted, "\(name): lost \(wanted.subtracting(found)), new \(found.subtracting(wanted))")
        }
    }

    @Test func `the same calls give the same bytes`() throws {
        #expect(try WriterSample.full.spdx(.v23) == WriterSample.full.spdx(.v23))
        #expect(try WriterSample.full.cycloneDX(.v15) == WriterSample.full.cycloneDX(.v15))
    }
}

/// Facts about texts that the comparison needs.
enum PurlProbe {
    static func isValid(_ text: String) -> Bool {
        !text.isEmpty && text.hasPrefix("pkg:") && text.contains("/") && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
            && InventoryProbe.isPackageURL(text)
    }

    static func line(_ text: String) -> String {
        text.replacing("\n", with: " ").trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
