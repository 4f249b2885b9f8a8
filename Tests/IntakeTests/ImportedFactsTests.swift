import Database
import Testing

@testable import Intake

/// Facts about a component that each generator writes in its own way.
@Suite struct ImportedFactsTests {
    private func cycloneDX(_ members: String) -> String {
        #"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a","version":"1",\#(members)}]}"#
    }

    private func spdx(_ members: String) -> String {
        #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"d","packages":[{"SPDXID":"a","name":"a",\#(members)}]}"#
    }

    private func column(_ column: StaticString, of text: String) throws -> [String] {
        let bench = try Workbench()
        try bench.sbom(text)
        return try bench.texts("SELECT \(literal: column) FROM library")
    }

    @Test(arguments: [
        (#""author":"Ann","publisher":"Press","manufacturer":{"name":"Works"}"#, "Ann"),
        (
            #""authors":[{"name":"Ann","email":"ann@example.org"},{"name":"Bob"}],"publisher":"Press""#,
            "Ann <ann@example.org>, Bob"
        ),
        (#""manufacturer":{"name":"Works"},"publisher":"Press""#, "Works"), (#""publisher":"Press""#, "Press"),
        (#""supplier":{"name":"Shop"}"#, ""), (#""author":null,"authors":[null],"publisher":"Press""#, "Press"),
    ])
    func `The author of CycloneDX`(members: String, author: String) throws {
        #expect(try column("author", of: cycloneDX(members)) == [author])
    }

    @Test(arguments: [
        (#""originator":"Person: Ann (ann@example.org)","supplier":"Organization: Shop""#, "Ann"),
        (#""originator":"NOASSERTION","supplier":"Organization: Shop""#, ""),
    ])
    func `The author of SPDX`(members: String, author: String) throws {
        #expect(try column("author", of: spdx(members)) == [author])
    }

    @Test(arguments: [
        (#""evidence":{"occurrences":[{"location":"/a"},{"location":"/b"}]}"#, "/a\n/b"),
        (
            #""properties":[{"name":"syft:location:0:layerID","value":"sha256:1"},{"name":"syft:location:0:path","value":"/a"},"#
                + #"{"name":"syft:location:10:path","value":"/b"}]"#, "/a\n/b"
        ),
        (
            #""properties":[{"name":"aquasecurity:trivy:FilePath","value":"app/x.jar"},{"name":"x:path","value":"/no"}]"#,
            "app/x.jar"
        ),
        (
            #""properties":[{"name":"SrcFile","value":"/src/pom.xml"}],"evidence":{"occurrences":[{"location":"/src/pom.xml"}]}"#,
            "/src/pom.xml"
        ),
        (
            #""properties":[{"name":"cdx:npm:package:path","value":"node_modules/a"},{"name":"SrcFile","value":""}]"#,
            "node_modules/a"
        ),
    ])
    func `The places of CycloneDX`(members: String, paths: String) throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX(members))
        #expect(try bench.texts("SELECT locations FROM component") == [paths])
    }

    @Test(arguments: [
        (
            #""sourceInfo":"acquired package info from DPKG DB: /var/lib/dpkg/status, /usr/share/doc/a""#,
            "/var/lib/dpkg/status\n/usr/share/doc/a"
        ),
        (#""sourceInfo":"acquired package info from the following paths:""#, ""),
        (#""sourceInfo":"built package from: a 1""#, ""),
    ])
    func `The places of SPDX`(members: String, paths: String) throws {
        let bench = try Workbench()
        try bench.sbom(spdx(members))
        #expect(try bench.texts("SELECT locations FROM component") == [paths])
    }

    @Test func `Copyright and home page`() throws {
        let website =
            #""externalReferences":[{"type":"vcs","url":"https://example.org/git"},{"type":"website","url":"https://example.org"}]"#
        #expect(try column("homepage", of: cycloneDX(website)) == ["https://example.org"])
        #expect(
            try column("copyright", of: cycloneDX(#""evidence":{"copyright":[{"text":"(c) A"},{"text":"(c) B"}]}"#))
                == ["(c) A\n(c) B"])
        #expect(
            try column("copyright", of: cycloneDX(#""copyright":"(c) A","evidence":{"copyright":[{"text":"(c) B"}]}"#))
                == ["(c) A"])
        let other =
            #""homepage":"NONE","externalRefs":[{"referenceCategory":"OTHER","referenceType":"website","referenceLocator":"https://example.org"}]"#
        #expect(try column("homepage", of: spdx(other)) == ["https://example.org"])
        #expect(try column("homepage", of: spdx(#""homepage":"https://example.org/h""#)) == ["https://example.org/h"])
        #expect(try column("copyright", of: spdx(#""copyrightText":"Copyright A""#)) == ["Copyright A"])
        #expect(try column("copyright", of: spdx(#""copyrightText":"NOASSERTION""#)) == [""])
    }
}
