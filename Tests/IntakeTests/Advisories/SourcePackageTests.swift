import BOM
import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Intake

/// Libraries are matched by facts beside their package URLs, in every syntax with such facts.
@Suite struct SourcePackageMatching {
    private static let purl = "pkg:deb/debian/libssl3@3.0.11-1~deb12u1?arch=amd64&distro=debian-12.2"

    /// One document for each syntax; all state that `libssl3` was built from `openssl`.
    private static let documents: [(syntax: String, text: String)] = [
        (
            "CycloneDX JSON",
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","name":"libssl3",
             "version":"3.0.11-1~deb12u1","purl":"\(purl)","properties":[
             {"name":"aquasecurity:trivy:PkgType","value":"debian"},{"name":"aquasecurity:trivy:SrcName","value":"openssl"},
             {"name":"aquasecurity:trivy:SrcVersion","value":"3.0.11"},
             {"name":"aquasecurity:trivy:SrcRelease","value":"1~deb12u1"}]}]}
            """
        ),
        (
            "CycloneDX XML",
            """
            <bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1"><components><component type="library">
             <name>libssl3</name><version>3.0.11-1~deb12u1</version><purl>\(purl.replacingOccurrences(of: "&", with: "&amp;"))</purl>
             <properties><property name="syft:metadata:source">openssl</property>
             <property name="syft:metadata:sourceVersion">3.0.11-1~deb12u1</property></properties>
            </component></components></bom>
            """
        ),
        (
            "SPDX JSON",
            """
            {"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"d",
             "documentNamespace":"https://example.org/d",
             "creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: t"]},
             "packages":[{"SPDXID":"SPDXRef-p","name":"libssl3","versionInfo":"3.0.11-1~deb12u1",
              "downloadLocation":"NOASSERTION","sourceInfo":"built package from: openssl 3.0.11-1~deb12u1","externalRefs":[
              {"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"\(purl)"}]}]}
            """
        ),
        (
            "SPDX tag-value",
            """
            SPDXVersion: SPDX-2.3
            DataLicense: CC0-1.0
            SPDXID: SPDXRef-DOCUMENT
            DocumentName: d
            DocumentNamespace: https://example.org/d
            Creator: Tool: t
            Created: 2026-01-01T00:00:00Z

            PackageName: libssl3
            SPDXID: SPDXRef-p
            PackageVersion: 3.0.11-1~deb12u1
            PackageDownloadLocation: NOASSERTION
            PackageSourceInfo: <text>built package from: openssl 3.0.11-1~deb12u1</text>
            ExternalRef: PACKAGE-MANAGER purl \(purl)
            """
        ),
        (
            "SPDX YAML",
            """
            spdxVersion: SPDX-2.3
            dataLicense: CC0-1.0
            SPDXID: SPDXRef-DOCUMENT
            name: d
            documentNamespace: https://example.org/d
            creationInfo:
              created: "2026-01-01T00:00:00Z"
              creators: ["Tool: t"]
            packages:
            - SPDXID: SPDXRef-p
              name: libssl3
              versionInfo: "3.0.11-1~deb12u1"
              downloadLocation: NOASSERTION
              sourceInfo: "built package from: openssl 3.0.11-1~deb12u1"
              externalRefs:
              - referenceCategory: PACKAGE-MANAGER
                referenceType: purl
                referenceLocator: "\(purl)"
            """
        ),
        (
            "SPDX RDF/XML",
            """
            <rdf:RDF xmlns:s="http://spdx.org/rdf/terms#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <s:SpdxDocument rdf:about="https://x/d#SPDXRef-DOCUMENT" s:specVersion="SPDX-2.3">
              <s:dataLicense rdf:resource="http://spdx.org/licenses/CC0-1.0"/><s:name>it</s:name>
              <s:creationInfo><s:CreationInfo><s:created>2026-01-01T00:00:00Z</s:created><s:creator>Tool: t</s:creator>
              </s:CreationInfo></s:creationInfo>
              <s:relationship><s:Relationship>
                <s:relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_describes"/>
                <s:relatedSpdxElement><s:Package rdf:about="https://x/d#SPDXRef-p">
                  <s:name>libssl3</s:name><s:versionInfo>3.0.11-1~deb12u1</s:versionInfo>
                  <s:downloadLocation rdf:resource="http://spdx.org/rdf/terms#noassertion"/>
                  <s:sourceInfo>built package from: openssl 3.0.11-1~deb12u1</s:sourceInfo>
                  <s:externalRef><s:ExternalRef>
                    <s:referenceCategory rdf:resource="http://spdx.org/rdf/terms#referenceCategory_packageManager"/>
                    <s:referenceType rdf:resource="http://spdx.org/rdf/references/purl"/>
                    <s:referenceLocator>\(purl.replacingOccurrences(of: "&", with: "&amp;"))</s:referenceLocator>
                  </s:ExternalRef></s:externalRef></s:Package></s:relatedSpdxElement></s:Relationship></s:relationship>
            </s:SpdxDocument></rdf:RDF>
            """
        ),
    ]

    private static let advisory = """
        {"id":"CVE-2026-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12",\
        "name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.13-1~deb12u1"}]}]}]}
        """

    private func advise(_ bench: Workbench, _ lines: String...) throws {
        let path = bench.folder.path("\(UUID().uuidString).jsonl")
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
    }

    private func findings(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.artifact, l.version, v.name FROM finding f JOIN library l ON l.id = f.library
            JOIN vulnerability v ON v.id = f.vulnerability ORDER BY l.artifact, l.version, v.name
            """)
    }

    @Test(arguments: TemporaryDatabase.engines, documents.indices)
    func everySyntaxNamesTheSource(engine: Engine, document: Int) throws {
        let bench = try Workbench(engine)
        try advise(bench, Self.advisory)
        try bench.sbom(Self.documents[document].text)
        #expect(
            try findings(bench) == ["libssl3|3.0.11-1~deb12u1|CVE-2026-1"], "\(Self.documents[document].syntax)")
    }

    /// The ecosystems with advisories, which determine the components that were not looked up.
    @Test(arguments: TemporaryDatabase.engines) func ecosystemsWithAdvisories(engine: Engine) throws {
        let bench = try Workbench(engine)
        func places() throws -> Set<String> {
            Set(try bench.database.read { try Basis.everything(on: $0).ecosystems.map(\.name) })
        }
        #expect(try places() == [])
        func affected(_ ecosystem: String, _ name: String) -> String {
            """
            {"id":"X-\(ecosystem)-\(name)","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":\
            "\(ecosystem)","name":"\(name)"},"versions":["1"]}]}
            """
        }
        try advise(
            bench, affected("Debian:12", "a"), affected("Debian:1", "b"), affected("npm", "@a/b"), affected("npm", "z"),
            affected("Red Hat:enterprise_linux:9::baseos", "c"), affected("Maven", "o:p"))
        let covered = try places()
        #expect(covered == ["Debian:1", "Debian:12", "npm", "Red Hat:9", "Maven"])
        var component = Component(ref: "x", name: "curl")
        func obstacle() -> MatchingObstacle? {
            Lookup(PackageKey.find(component)).obstacle(isCovered: covered.contains)
        }
        component.purl = "pkg:deb/debian/curl@1?distro=debian-11"
        #expect(obstacle() == .noAdvisories(of: "Debian:11"))
        component.purl = "pkg:npm/x"
        #expect(obstacle() == .noVersion)
        component.version = "1.0.0"
        #expect(obstacle() == nil)
        component.purl = "pkg:npm/@1"
        #expect(obstacle() == .noPackageURL)
    }

    /// Trivy writes package URLs of npm in lower case.
    @Test func namesOfNPMAreToldByCase() throws {
        let bench = try Workbench()
        func affected(_ id: String, _ name: String) -> String {
            """
            {"id":"\(id)","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"\(name)"},\
            "ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}
            """
        }
        try advise(bench, affected("CVE-2026-1", "jsonstream"), affected("CVE-2026-2", "JSONStream"))
        func component(_ name: String, _ purl: String) -> String {
            #"{"type":"library","name":"\#(name)","bom-ref":"\#(purl)","purl":"\#(purl)"}"#
        }
        try bench.sbom(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
             \(component("JSONStream", "pkg:npm/JSONStream@1")),\(component("jsonstream", "pkg:npm/jsonstream@2")),
             \(component("JSONStream", "pkg:npm/jsonstream@3"))]}
            """)
        #expect(
            try findings(bench).sorted()
                == [
                    "JSONStream|1|CVE-2026-2", "jsonstream|2|CVE-2026-1", "jsonstream|3|CVE-2026-1",
                    "jsonstream|3|CVE-2026-2",
                ])
    }

    /// Fixed versions in Red Hat's records lose their architecture when they are read.
    @Test func fixesHaveNoArchitecture() throws {
        let bench = try Workbench()
        try advise(
            bench,
            """
            {"id":"CVE-2026-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":\
            "Red Hat:enterprise_linux:9::appstream","name":"podman"},"ranges":[{"type":"ECOSYSTEM","events":\
            [{"introduced":"0"},{"fixed":"2:4.4.1-3.el9_2.x86_64"}]}]}]}
            """)
        func purl(_ release: String) -> String {
            let purl = "pkg:rpm/redhat/podman@4.4.1-\(release)?epoch=2&distro=rhel-9.2"
            return #"{"type":"library","name":"podman","bom-ref":"\#(release)","purl":"\#(purl)"}"#
        }
        try bench.sbom(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(purl("2.el9_2")),\(purl("3.el9_2"))]}
            """)
        #expect(try bench.texts("SELECT top_fix FROM finding") == ["2:4.4.1-3.el9_2"])
    }

    /// Dart's build numbers count, in ranges called SEMVER.
    @Test func buildNumbersOfPub() throws {
        let bench = try Workbench()
        try advise(
            bench,
            """
            {"id":"CVE-2026-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Pub","name":"archive"},\
            "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"3.3.1+2"}]}]}]}
            """)
        let components = ["3.3.1", "3.3.1%2B1", "3.3.1%2B2"].map {
            #"{"type":"library","name":"archive","bom-ref":"\#($0)","purl":"pkg:pub/archive@\#($0)"}"#
        }
        try bench.sbom(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(components.joined(separator: ","))]}
            """)
        #expect(try findings(bench) == ["archive|3.3.1|CVE-2026-1", "archive|3.3.1+1|CVE-2026-1"])
    }
}
