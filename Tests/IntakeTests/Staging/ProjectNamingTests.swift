import Foundation
import Jobs
import TestSupport
import Testing

@testable import Intake

@Suite struct ProjectNamingTests {
    @Test(arguments: [
        "", " ", ".", "..", "/", "./", "-", "???", "/home/ci/build/shop", "./shop", "../shop", "~/shop",
        "C:\\build\\shop",
        "c:/build", "D:", "build\\libs", "file:///srv/shop", "\\\\server\\share", "/tmp/tmp.1a2b3c", "tmp",
        "tmp.Xy12ab34cd",
        "tmpab3d_f9x", "tmp-123456", "temp42", "sha256:" + String(repeating: "a1", count: 32),
        String(repeating: "0f", count: 20), String(repeating: "AB", count: 16),
        "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "3E671687-395b-41f5-a30f-a58921a69b79", "NOASSERTION", "unknown", "null",
    ])
    func `A name that says nothing is useless`(name: String) {
        #expect(ProjectNaming.isUseless(name), "\(name)")
    }

    @Test(arguments: [
        "shop", "@acme/shop", "com.github.example/repo", "ghcr.io/acme/shop:1.2", "nginx@sha256:abcdef", "a", "ツール",
        "1password",
        "tmpreaper", "temperature", "tmpfs-tools", "deadbeef", "https://example.org/shop", "node", "C", "c++", "x:y",
        ".net-shop",
        "dependency_tree", "sha256", "Shop (/srv)",
    ])
    func `A name that says something is taken`(name: String) {
        #expect(!ProjectNaming.isUseless(name), "\(name)")
    }

    @Test(arguments: [
        ("/a/b/shop.cdx.json", "shop"), ("shop.json.gz", "shop"), ("Shop.SPDX.JSON.ZST", "Shop"),
        ("shop-1.2.spdx.rdf.xml", "shop-1.2"),
        ("bom.xml", "bom"), ("shop", "shop"), ("shop.tar.json", "shop.tar"), (".json", ".json"), ("x.bom", "x"),
        ("x.spdx.tv", "x"), ("x.xlsx.zip", "x"),
    ])
    func `A file's name loses what says that it is an SBOM`(path: String, name: String) {
        #expect(ProjectNaming.name(ofFile: path) == name)
    }

    private func made(_ text: String, file: String, on bench: Workbench) throws -> Intake.Result {
        let path = bench.folder.path(file)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try bench.sbom(file: path, project: "")
    }

    @Test(arguments: [
        (cycloneDX(root: ".", [("a", "1")]), #"calls what it describes ".""#),
        (cycloneDX(root: "/tmp/x", [("a", "1")]), #"calls what it describes "/tmp/x""#),
        (
            #"{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:1","components":[{"name":"a"}]}"#,
            "does not say"
        ),
        (
            #"{"spdxVersion":"SPDX-2.3","name":"..","packages":[{"SPDXID":"a","name":"a"}]}"#,
            #"calls what it describes "..""#
        ),
    ])
    func `The file names the project, with a warning, where the document has no useful name`(text: String, sign: String)
        throws
    {
        let bench = try Workbench()
        let result = try made(text, file: "billing.cdx.json", on: bench)
        #expect(result.project == "billing")
        #expect(
            result.warnings.contains { $0.contains("\"billing\" after the file") && $0.contains(sign) },
            "\(result.warnings)")
    }

    @Test func `The document's name is taken where only what it describes has none`() throws {
        let bench = try Workbench()
        let text = #"""
            {"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"shop-frontend","packages":[{"SPDXID":"r","name":"."},
             {"SPDXID":"a","name":"a"}],"relationships":[
             {"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"r"},
             {"spdxElementId":"r","relationshipType":"CONTAINS","relatedSpdxElement":"a"}]}
            """#
        let result = try made(text, file: "x.json", on: bench)
        #expect(result.project == "shop-frontend" && result.warnings.isEmpty && result.libraries == 1)
    }

    @Test func `A name that was given stays, and without any the error names the flag`() throws {
        let bench = try Workbench()
        #expect(try bench.sbom(cycloneDX(root: ".", [("a", "1")]), project: "mine").project == "mine")
        var destination = Intake.Destination(organization: 1, product: "p")
        destination.projectVersion = "2"
        let error = #expect(throws: IntakeError.self) {
            try destination.projectName(outOf: ["."]) { Issue.record("\($0)") }
        }
        #expect(error.map { "\($0)".contains("--project") && "\($0)".contains("\".\"") } == true)
    }
}
