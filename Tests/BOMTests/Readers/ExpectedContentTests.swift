import BOM
import Foundation
import TestSupport
import Testing

/// The content of a document, as counted by its author or by an independent reader. Missing facts are not compared.
private struct Expected: Decodable {
    var file: String
    var ok: Bool
    var format: String?
    var components: Int?
    var purls: Int?
    var distinctPurls: Int?
    var licences: [String: Int]?
    var licencesConcluded: [String: Int]?
    var licencesDeclared: [String: Int]?
    var hashes: Int?
    var packageChecksums: Int?
    var files: Int?
    var extractedLicences: Int?
    var dependencyEdges: Int?
    var containsEdges: Int?
    var danglingRefs: Int?
    var duplicateBomRefs: Int?
    var duplicateSpdxids: Int?
    var described: Int?
    var maxDepth: Int?
    var maxDepthWithContains: Int?
    var hasCycle: Bool?
    var services: Int?
    var vulnerabilities: Int?
}

/// Documents with their expected content.
private struct Collection {
    /// The folder of the documents.
    let folder: String
    /// A line of JSON for each document.
    let expected: String

    /// The documents in supported forms. A line that cannot be decoded is an error.
    func cases() throws -> [Expected] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let all = try TestData.lines(of: expected).map { try decoder.decode(Expected.self, from: Data($0.utf8)) }
        return all.filter { $0.format.map { readForms.contains(String($0.drop { $0 != "-" })) } ?? true }
    }

    static let made = Collection(
        folder: TestData.path("sboms"), expected: TestData.path("sboms/expected.jsonl"))
    /// Real documents, if they are beside the checkout.
    static let shared = TestData.shared("data").map {
        Collection(folder: "\($0)/sboms", expected: "\($0)/expected/sbom-content.jsonl")
    }
}

private let readForms = ["-json", "-xml", "-tv", "-yaml", "-rdf", "-xlsx"]

/// Tag-value documents in which files follow the package that they belong to.
private let tagValueWithFiles =
    ["missing_component_version", "missing_supplier_name", "no_elements_missing"].map {
        "ntia-conformance-checker/tests/data/\($0)/SPDXTagExample-v2.3.spdx"
    }
    + ["1/spdx2.2/example1", "6/spdx2.2/example6-bin", "6/spdx2.2/example6-src"].map {
        "spdx-examples/software/example\($0).spdx"
    }
    + [2, 3, 4, 5].flatMap { number in
        ["bin", "src"].map { "spdx-examples/software/example\(number)/spdx2.2/example\(number)-\($0).spdx" }
    }
    + [
        "bom-shelter/in-the-wild/spdx/cbor-sbom.spdx", "bom-shelter/in-the-wild/spdx/xml2json-sbom.spdx",
        "ntia-conformance-checker/tests/data/real_world_sboms/spdx_sample_07.spdx",
        "ntia-conformance-checker/tests/doc_fest/SourceAuditor/AppBomInation-SourceOnly.spdx.tag",
        "tools-python/SPDXTagExample-v2.2.spdx", "tools-python/SPDXTagExample-v2.3.spdx",
    ]

private let rdfAndYAMLWithFiles: [String] = [("Rdf", "rdf.xml"), ("YAML", "yaml")].flatMap { syntax, ending in
    var names: [String] = []
    for name in ["missing_component_version", "missing_supplier_name", "no_elements_missing"] {
        names.append("ntia-conformance-checker/tests/data/\(name)/SPDX\(syntax)Example-v2.3.spdx.\(ending)")
    }
    names.append("ntia-conformance-checker/tests/doc_fest/SourceAuditor/AppBomInation-SourceOnly.spdx.\(ending)")
    for version in ["2.2", "2.3"] { names.append("tools-python/SPDX\(syntax)Example-v\(version).spdx.\(ending)") }
    return names
}

/// Cases in which Waybill rightly differs: files, fields, reason.
private let explained: [(files: [String], fields: Set<String>, reason: String)] = [
    (
        [
            "bom-shelter/in-the-wild/spdx/missionlz.spdx.json", "bom-shelter/in-the-wild/spdx/powershell.spdx.json",
            "bom-shelter/spdx-trivy-balenalib_apalis-imx6q-alpine-node-sha256-8b2c99e327b7.json",
            "bom-shelter/spdx-trivy-balenalib_artik10-alpine-python-sha256-1a281557bf71.json",
            "bom-shelter/spdx-trivy-rancher_dns-sha256-5fb880c400df.json", "cyclonedx-cli/document.spdx.json",
            "ntia-conformance-checker/tests/data/missing_component_version/SPDXJSONExample-v2.3.spdx.json",
            "ntia-conformance-checker/tests/data/missing_supplier_name/SPDXJSONExample-v2.3.spdx.json",
            "ntia-conformance-checker/tests/data/no_elements_missing/SPDXJSONExample-v2.3.spdx.json",
            "ntia-conformance-checker/tests/doc_fest/SourceAuditor/AppBomInation-SourceOnly.spdx.json",
            "tools-python/SPDXJSONExample-v2.2.spdx.json", "tools-python/SPDXJSONExample-v2.3.spdx.json",
            "trustify/spdx/issue-552.json",
            "ntia-conformance-checker/tests/data/missing_component_version/SPDXXMLExample-v2.3.spdx.xml",
            "ntia-conformance-checker/tests/data/missing_supplier_name/SPDXXMLExample-v2.3.spdx.xml",
            "ntia-conformance-checker/tests/data/no_elements_missing/SPDXXMLExample-v2.3.spdx.xml",
            "tools-python/SPDXXMLExample-v2.2.spdx.xml", "tools-python/SPDXXMLExample-v2.3.spdx.xml",
        ], ["contains_edges", "max_depth_with_contains"],
        "hasFiles says CONTAINS for each of its files; the independent reader counts relationships alone"
    ),
    (
        ["2.2", "2.3"].map { "tools-java/SPDXSpreadsheetExample-v\($0).xlsx" },
        ["contains_edges", "max_depth_with_contains", "described"],
        "files name their package; a file is described, too"
    ),
    (
        ["tools-java/SPDXSpreadsheetExample-v2.3.xlsx"], ["package_checksums"],
        "the independent reader knows no BLAKE2b"
    ),
    (
        rdfAndYAMLWithFiles, ["contains_edges", "max_depth_with_contains"],
        "as for JSON: hasFile, or hasFiles, says CONTAINS"
    ),
    (
        tagValueWithFiles, ["contains_edges", "max_depth_with_contains"],
        "a file behind a package is contained by it (SPDX 2.3, 5.2.2); the independent reader counts relationships alone"
    ),
    (
        ["spdx-examples/software/example6/spdx2.2/example6-bin.spdx"], ["dependency_edges", "max_depth"],
        "the edges end in other documents (DocumentRef-); they are dropped with a warning"
    ),
    (
        [
            "bom-shelter/spdx-syft-bitnami_kong-ingress-controller-sha256-f9da2022eb85.json",
            "bom-shelter/spdx-syft-bitnami_kubeapps-chartsvc-sha256-0af693ec60cd.json",
            "bom-shelter/spdx-syft-ibmcom_secure-gateway-client-sha256-4013aee4d965.json",
            "bom-shelter/spdx-syft-rancher_tiller-sha256-417aae19a070.json", "trustify/spdx/TC-1817-1.json",
        ], ["described"], "the document describes itself, which is no component"
    ),
    (
        [
            "ntia-conformance-checker/tests/doc_fest/OpenEmbedded/recipe-time.spdx.json",
            "ntia-conformance-checker/tests/doc_fest/OpenEmbedded/runtime-python3-pyyaml-dev.spdx.json",
            "ntia-conformance-checker/tests/doc_fest/OpenEmbedded/runtime-python3-pyyaml.spdx.json",
            "ntia-conformance-checker/tests/doc_fest/OpenEmbedded/runtime-time-dev.spdx.json",
            "ntia-conformance-checker/tests/doc_fest/OpenEmbedded/runtime-time.spdx.json",
        ], ["dependency_edges", "max_depth", "max_depth_with_contains"],
        "the edges end in other documents (DocumentRef-); they are dropped with a warning"
    ),
    (
        ["bom-shelter/in-the-wild/cyclonedx/jx-darwin-arm64.tar.gz.sbom"],
        ["contains_edges", "max_depth_with_contains"],
        "the container of all packages is not in the document; edges from it are dropped with a warning"
    ),
    (
        ["trustify/cyclonedx/simple-ext-a.json", "trustify/cyclonedx/simple_with_purl_dep_ref.json"],
        ["dependency_edges", "max_depth"], "edges to nothing in the document are dropped with a warning"
    ),
    (
        ["specification/1.5/invalid-dependency-1.5.json", "specification/1.5/invalid-dependency-1.5.xml"],
        ["dependency_edges", "dangling_refs"],
        "an entry for the empty reference is skipped, not counted as a reference to nothing"
    ),
    (
        [
            "trustify/cyclonedx/66FF73123BB3489.json", "trustify/cyclonedx/openssl-3.0.7-18.el9_2.cdx_1.6.sbom.json",
            "trustify/cyclonedx/openssl-3.0.7-18.el9_2.cdx_1.6_aliases.sbom.json",
        ], ["duplicate_bom_refs"], "metadata.component and a listed component have one bom-ref"
    ),
    (
        ["alg", "md5", "sha1", "sha256", "sha512"].flatMap { name in
            ["1.4/json", "1.4/xml", "1.5/json", "1.5/xml"].map { form in
                let (version, syntax) = (form.prefix(3), form.dropFirst(4))
                return "specification/\(version)/invalid-hash-\(name)-\(version).\(syntax)"
            }
        }, ["hashes"], "the hash that cannot be one is dropped with a warning"
    ),
    (
        ["1.4", "1.5"].map { "specification/\($0)/invalid-bomformat-\($0).json" }, ["refused"],
        "bomFormat is not CycloneDX"
    ),
    (
        ["json", "xml"].flatMap { syntax in
            ["1.4", "1.5"].map { "specification/\($0)/invalid-empty-component-\($0).\(syntax)" }
        } + ["osv-scanner/sbom-insecure/bad-purls.cdx.xml"], ["components"],
        "a component has neither name nor package URL and is skipped with a warning"
    ),
    (
        ["id", "name"].flatMap { name in
            ["1.4", "1.5"].map { "specification/\($0)/invalid-license-\(name)-count-\($0).xml" }
        }, ["refused"], "a licence has two names; which one counts would be a guess"
    ),
    (
        ["bom-shelter/in-the-wild/spdx/vast-sbom.spdx"], ["duplicate_spdxids"],
        "every SPDXID stands before the FileName that it is of, and all of them are SPDXRef-File"
    ),
    (
        ["cyclonedx-cli/bom-1.2.xml"], ["licences"],
        "licences that are stated by address alone are named by it"
    ),
    (
        [
            "bom-examples/SBOM/juice-shop/v11.1.2/bom.json", "bom-examples/SBOM/juice-shop/v11.1.2/bom.xml",
            "bom-examples/SBOM/juice-shop/via_npm/bare/bom.1.4.json",
            "bom-examples/SBOM/juice-shop/via_npm/flat/bom.1.2.xml",
        ], ["licences"],
        "a valid expression that stands in the name of a licence is an expression"
    ),
]

@Suite struct ExpectedContentTests {
    /// One application in every syntax, as libraries of other authors write it, and documents with a flaw.
    @Test func `Every made document holds what its author put into it`() throws {
        let cases = try Collection.made.cases()
        let files = try FileManager.default.contentsOfDirectory(atPath: Collection.made.folder)
        #expect(Set(cases.map(\.file)) == Set(files).subtracting(["expected.jsonl", "make.py"]))
        for it in cases {
            for (field, text) in differences(it, in: Collection.made.folder).sorted(by: { $0.key < $1.key }) {
                Issue.record("\(it.file): \(field) \(text)")
            }
        }
    }

    @Test(.enabled(if: Collection.shared != nil, "needs ../shared/data"))
    func `Every real document holds what an independent reader found in it`() throws {
        let shared = try #require(Collection.shared)
        let cases = try shared.cases()
        #expect(cases.count > 400)
        for it in cases {
            let differences = differences(it, in: shared.folder)
            let allowed = explained.filter { $0.files.contains(it.file) }.reduce(into: Set<String>()) {
                $0.formUnion($1.fields)
            }
            for (field, text) in differences.sorted(by: { $0.key < $1.key }) where !allowed.contains(field) {
                Issue.record("\(it.file): \(field) \(text)")
            }
            for field in allowed where field != "max_depth_with_contains" && field != "max_depth" {
                #expect(differences[field] != nil, "\(it.file): \(field) needs no explanation any more")
            }
        }
    }
}

/// The differences between a document's content and the expected one, by field, in words.
private func differences(_ it: Expected, in folder: String) -> [String: String] {
    var found = Collector()
    do {
        let graph = try BOMReader.read(file: "\(folder)/\(it.file)", into: &found)
        var differences =
            it.format?.hasPrefix("cyclonedx") == true
            ? compareCycloneDX(it, found, graph) : compareSPDX(it, found, graph)
        if !it.ok { differences["ok"] = "read, expected to be refused" }
        return differences
    } catch {
        return it.ok ? ["refused": "\(error)"] : [:]
    }
}

private func licenses(_ claims: [LicenseClaim]) -> [String] {
    claims.map { claim in
        switch claim.form {
        case .id(let text): "id:\(text)"
        case .name(let text): "name:\(text)"
        case .expression(let text): "expression:\(text)"
        case .none: "NONE"
        case .noAssertion: "NOASSERTION"
        }
    }
}

private func counts(_ texts: [String]) -> [String: Int] { texts.reduce(into: [:]) { $0[$1, default: 0] += 1 } }

private struct Comparison {
    var differences: [String: String] = [:]
    mutating func check<Value: Equatable>(_ field: String, _ ours: Value, _ theirs: Value?) {
        if let theirs, ours != theirs { differences[field] = "\(ours), expected \(theirs)" }
    }
}

private func compareCycloneDX(_ it: Expected, _ found: Collector, _ graph: DependencyGraph) -> [String: String] {
    var comparison = Comparison()
    let roots = Set(found.document?.describes ?? [])
    let parents = Dictionary(uniqueKeysWithValues: found.components.map { ($0.ref, $0.parent) })
    func isInMetadata(_ component: Component) -> Bool {
        var ref: String? = component.ref
        while let here = ref {
            if roots.contains(here) { return true }
            ref = parents[here] ?? nil
        }
        return false
    }
    let listed = found.components.filter { !isInMetadata($0) && $0.kind != .service }
    let purls = found.components.map(\.purl).filter { !$0.isEmpty }
    comparison.check("components", listed.count, it.components)
    comparison.check("purls", purls.count, it.purls)
    comparison.check("distinct_purls", Set(purls).count, it.distinctPurls)
    comparison.check("licences", counts(listed.flatMap { licenses($0.licenses) }), it.licences)
    comparison.check("hashes", listed.map(\.hashes.count).reduce(0, +), it.hashes)
    comparison.check("dependency_edges", found.dependencies.filter { $0.kind == .dependsOn }.count, it.dependencyEdges)
    comparison.check("max_depth", graph.levels().maximum, it.maxDepth)
    comparison.check("has_cycle", graph.cycles() > 0, it.hasCycle)
    comparison.check("services", found.components.filter { $0.kind == .service }.count, it.services)
    comparison.check("vulnerabilities", found.vulnerabilities.count, it.vulnerabilities)
    comparison.check(
        "duplicate_bom_refs",
        found.count(ofWarnings: "stands for two things", counted: "references that stand for two things"),
        it.duplicateBomRefs)
    comparison.check(
        "dangling_refs",
        found.count(ofWarnings: "edges to it were dropped", counted: "references to nothing in this document"),
        it.danglingRefs)
    return comparison.differences
}

private func compareSPDX(_ it: Expected, _ found: Collector, _ graph: DependencyGraph) -> [String: String] {
    var comparison = Comparison()
    let purls =
        found.components.map(\.purl).filter { !$0.isEmpty }
        + found.components.flatMap { $0.externalReferences.filter { $0.kind.hasSuffix(" purl") }.map(\.url) }
    func forms(_ claims: [LicenseClaim]) -> [String] {
        licenses(claims).map { $0.hasPrefix("expression:") ? String($0.dropFirst(11)) : $0 }
    }
    comparison.check("components", found.components.count, it.components)
    comparison.check("files", found.files.count, it.files)
    comparison.check("purls", purls.count, it.purls)
    comparison.check("distinct_purls", Set(purls).count, it.distinctPurls)
    comparison.check("licences_declared", counts(found.components.flatMap { forms($0.licenses) }), it.licencesDeclared)
    comparison.check(
        "licences_concluded", counts(found.components.flatMap { forms($0.concludedLicenses) }), it.licencesConcluded)
    comparison.check("package_checksums", found.components.map(\.hashes.count).reduce(0, +), it.packageChecksums)
    comparison.check("extracted_licences", found.document?.extractedLicenses.count ?? 0, it.extractedLicences)
    comparison.check("dependency_edges", found.dependencies.filter { $0.kind == .dependsOn }.count, it.dependencyEdges)
    comparison.check("contains_edges", found.dependencies.filter { $0.kind == .contains }.count, it.containsEdges)
    comparison.check("described", found.document?.describes.count ?? 0, it.described)
    comparison.check("max_depth", graph.levels().maximum, it.maxDepth)
    comparison.check(
        "max_depth_with_contains", graph.levels(along: [.dependsOn, .contains]).maximum, it.maxDepthWithContains)
    comparison.check("has_cycle", graph.cycles() > 0, it.hasCycle)
    comparison.check(
        "duplicate_spdxids",
        found.count(ofWarnings: "stands for two things", counted: "references that stand for two things"),
        it.duplicateSpdxids)
    return comparison.differences
}
