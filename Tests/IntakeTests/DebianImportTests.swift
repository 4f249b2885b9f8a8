import Database
import Foundation
import Intake
import TestSupport
import Testing

@Suite struct DebianImportTests {
    private func tree() throws -> (bench: Workbench, root: String) {
        let bench = try Workbench()
        try putPackages(bench)
        try putCopyrightFiles(bench)
        try put(
            bench, "var/lib/dpkg/info/app.md5sums",
            "d41d8cd98f00b204e9800998ecf8427e  usr/bin/app\nnonsense\n")
        return (bench, bench.folder.path("root"))
    }

    private func put(_ bench: Workbench, _ path: String, _ text: String) throws {
        let url = URL(fileURLWithPath: bench.folder.path("root/\(path)"))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func putPackages(_ bench: Workbench) throws {
        try put(
            bench, "etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n")
        try put(
            bench, "var/lib/dpkg/status",
            """
            Package: app
            Status: install ok installed
            Version: 1:2.0+dfsg-1
            Architecture: amd64
            Maintainer: Some Body <some@example.org>
            Homepage: https://example.org/app
            Source: app-source (2.0)
            Pre-Depends: base (>= 1)
            Depends: missing | lib:any (>= 3), mail-agent, gone
            Description: an application
             with a long text

            Package: lib
            Status: install ok installed
            Version: 3
            Architecture: amd64
            Depends: base

            Package: base
            Status: install ok installed
            Version: 1
            Architecture: all

            Package: postman
            Status: install ok installed
            Version: 5
            Architecture: amd64
            Provides: mail-agent (= 5), other

            Package: removed
            Status: deinstall ok config-files
            Version: 5
            Architecture: amd64
            """)
        try put(
            bench, "var/lib/apt/extended_states",
            """
            Package: lib
            Architecture: amd64
            Auto-Installed: 1

            Package: base
            Architecture: amd64
            Auto-Installed: 1

            Package: app
            Architecture: amd64
            Auto-Installed: 0
            """)
    }

    private func putCopyrightFiles(_ bench: Workbench) throws {
        try put(
            bench, "usr/share/doc/app/copyright",
            """
            Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
            Source: https://example.org

            Files: *
            Copyright: 2020 A. Writer
             2021 B. Writer
            License: GPL-2+ or Artistic

            Files: src/x.c
            Copyright: C
            License: Expat

            Files: debian/*
            Copyright: D
            License: Apache-2.0

            License: Expat
             Permission is hereby granted
            """)
        try put(
            bench, "usr/share/doc/lib/copyright",
            """
            This library is free software; you can redistribute it under the terms of the GNU Lesser
            General Public License, version 2.1 or (at your option) any
            later version. On Debian systems, see `/usr/share/common-licenses/LGPL-2.1'.
            Copyright (C) 1999 L. Writer
            """)
        try put(bench, "usr/share/doc/base/copyright", "Nobody knows.\n")
    }

    private func run(_ bench: Workbench, _ root: String, withFiles: Bool = false) throws -> Intake.Result {
        var request = IntakeJob(
            kind: .debian, path: root, destination: Intake.Destination(organization: 1, product: "Machines"))
        request.withFiles = withFiles
        let lease = try bench.lease(request)
        return try IntakeJob.run(lease, intake: bench.intake, dataFolder: "/")
    }

    @Test func `Packages become libraries with their dependencies, licences and suppliers`() throws {
        let (bench, root) = try tree()
        let result = try run(bench, root)
        #expect(result.libraries == 4)
        #expect(result.project == "Debian GNU/Linux 12 (bookworm)")
        #expect(result.warnings == ["1 dependencies are on packages that are not installed"])
        #expect(
            try bench.texts(
                """
                SELECT l.artifact, o.direct, o.depth, l.licenses FROM occurrence o JOIN library l ON l.id = o.library
                ORDER BY o.position
                """) == [
                    "app|1|1|GPL 2.0\nArtistic 1.0\nMIT".replacingOccurrences(
                        of: "Artistic 1.0", with: try artisticName(bench)),
                    "lib|0|2|LGPL 2.1", "base|0|2|", "postman|1|1|",
                ])
        #expect(
            try bench.texts(
                "SELECT version, purl, supplier, homepage, type, filename FROM library WHERE artifact = 'app'") == [
                    """
                    1:2.0+dfsg-1|pkg:deb/debian/app@1:2.0%2Bdfsg-1?arch=amd64&distro=debian-12&upstream=app-source%402.0\
                    |Some Body|https://example.org/app|Debian|app_2.0+dfsg-1_amd64.deb
                    """
                ])
        // All holders of the program's copyright, without those of its packaging.
        #expect(
            try bench.texts(
                "SELECT replace(copyright, '\n', '; ') FROM library WHERE copyright <> '' ORDER BY artifact")
                == ["2020 A. Writer; 2021 B. Writer; C", "Copyright (C) 1999 L. Writer"])
        #expect(
            try bench.texts("SELECT n.spdx FROM license n ORDER BY n.spdx").contains("LGPL-2.1-or-later"))
        #expect(
            try bench.texts(
                """
                SELECT a.ref, b.ref FROM dependency d JOIN component a ON a.scan = d.scan AND a.position = d.source
                JOIN component b ON b.scan = d.scan AND b.position = d.target ORDER BY 1, 2
                """) == [
                    "app:amd64|base:all", "app:amd64|lib:amd64", "app:amd64|postman:amd64", "lib:amd64|base:all",
                    "system|app:amd64", "system|postman:amd64",
                ])
    }

    /// Debian's `Artistic` is Perl's; this test does not check its name in reports.
    private func artisticName(_ bench: Workbench) throws -> String {
        try bench.texts("SELECT name FROM license WHERE spdx LIKE 'Artistic%'").first ?? "none"
    }

    @Test func `Files are kept on demand`() throws {
        let (bench, root) = try tree()
        _ = try run(bench, root, withFiles: true)
        #expect(
            try bench.texts(
                """
                SELECT f.name, f.path, c.ref FROM source_file f
                JOIN component c ON c.scan = f.scan AND c.position = f.component
                """) == ["app|/usr/bin/app|app:amd64"])
    }

    @Test func `A folder that is no Debian machine is refused`() throws {
        let bench = try Workbench()
        let before = try bench.dump()
        #expect(throws: (any Error).self) { try run(bench, bench.folder.path("nothing")) }
        try bench.database.write { connection in _ = try connection.run("UPDATE job SET state = 'FAILED'") }
        try bench.intake.sweep()
        #expect(try bench.dump() == before)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/var/lib/dpkg/status"), "needs a machine of Debian"))
    func `This machine's packages come in, most with a licence`() throws {
        let bench = try Workbench()
        let result = try run(bench, "/")
        let known = try bench.number(
            "SELECT count(*) FROM occurrence o JOIN library l ON l.id = o.library WHERE l.licenses <> ''")
        #expect(result.libraries > 20)
        #expect(known * 10 > result.libraries * 8, "\(known) of \(result.libraries) have a licence")
        #expect(try bench.number("SELECT count(*) FROM occurrence WHERE depth = 1 AND direct = 1") > 0)
    }
}
