// The bills of materials of `InventoryFixture`. Each has the features of real documents that tests need: libraries with all
// facts and with hardly any, listed twice, direct and transitive, in several scripts, and texts that try to cause harm.

/// Texts of bills of materials that read without an error.
package enum FixtureDocuments {
    /// A web shop's cart: CycloneDX 1.5, 16 libraries of several ecosystems, one listed twice, a chain of depth 3.
    package static let cart = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
         "metadata":{"timestamp":"2026-01-01T00:00:00Z",
          "component":{"type":"application","bom-ref":"cart","name":"cart","version":"4.2.0"}},
         "components":[
          {"type":"library","bom-ref":"a1","group":"org.apache.commons","name":"commons-lang3","version":"3.12.0",
           "purl":"pkg:maven/org.apache.commons/commons-lang3@3.12.0?type=jar","description":"Helpers for java.lang",
           "hashes":[{"alg":"SHA-1","content":"c6842c86792ff03b9f1d1fe2aab8dc23aa6c6f0e"}],
           "licenses":[{"license":{"id":"Apache-2.0"}}],"copyright":"2001-2021 The Apache Software Foundation",
           "author":"Apache","externalReferences":[{"type":"website","url":"https://commons.apache.org/lang/"},
            {"type":"distribution","url":"https://repo1.maven.org/maven2/commons-lang3-3.12.0.jar"}]},
          {"type":"library","bom-ref":"a2","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0",
           "licenses":[{"license":{"id":"WTFPL"}}]},
          {"type":"library","bom-ref":"a3","group":"@babel","name":"core","version":"7.20.12",
           "purl":"pkg:npm/%40babel/core@7.20.12","licenses":[{"license":{"id":"MIT"}}]},
          {"type":"library","bom-ref":"a3-again","group":"@babel","name":"core","version":"7.20.12",
           "purl":"pkg:npm/%40babel/core@7.20.12","licenses":[{"license":{"id":"MIT"}}]},
          {"type":"library","bom-ref":"a4","name":"requests","version":"2.31.0","purl":"pkg:pypi/requests@2.31.0",
           "licenses":[{"expression":"Apache-2.0 AND (MIT OR BSD-3-Clause)"}]},
          {"type":"library","bom-ref":"a5","name":"serde","version":"1.0.190","purl":"pkg:cargo/serde@1.0.190",
           "licenses":[{"expression":"MIT OR Apache-2.0"}]},
          {"type":"library","bom-ref":"a6","name":"Newtonsoft.Json","version":"13.0.3",
           "purl":"pkg:nuget/Newtonsoft.Json@13.0.3","licenses":[{"license":{"id":"MIT"}}]},
          {"type":"library","bom-ref":"a7","name":"mux","version":"v1.8.0",
           "purl":"pkg:golang/github.com/gorilla/mux@v1.8.0","licenses":[{"license":{"id":"BSD-3-Clause"}}]},
          {"type":"library","bom-ref":"a8","name":"rails","version":"7.0.4","purl":"pkg:gem/rails@7.0.4"},
          {"type":"library","bom-ref":"a9","name":"openssl","version":"3.0.11-1~deb12u2",
           "purl":"pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64","licenses":[{"license":{"name":"OpenSSL-ish"}}]},
          {"type":"library","bom-ref":"a10","name":"only-in-cart","version":"0.0.1","purl":"pkg:npm/only-in-cart@0.0.1"},
          {"type":"library","bom-ref":"a11","name":"no-version"},
          {"type":"library","bom-ref":"a12","name":"versions-are-text","version":"1.10","purl":"pkg:npm/vt@1.10"},
          {"type":"library","bom-ref":"a13","name":"with-release","version":"2.0",
           "hashes":[{"alg":"SHA-1","content":"5bedd0fa987065a13d5ed2a535c550770842a7fa"},
            {"alg":"SHA-256","content":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}],
           "licenses":[{"license":{"id":"GPL-2.0-only"}},{"license":{"id":"MIT"}},{"license":{"name":"House rules"}}]},
          {"type":"framework","bom-ref":"a14","group":"symfony","name":"console","version":"v6.3.0",
           "purl":"pkg:composer/symfony/console@v6.3.0","licenses":[{"license":{"id":"MIT"}}]},
          {"type":"library","bom-ref":"a15","name":"guava","group":"com.google.guava","version":"32.0.0-jre",
           "purl":"pkg:maven/com.google.guava/guava@32.0.0-jre","licenses":[{"license":{"id":"Apache-2.0"}}]},
          {"type":"library","bom-ref":"a16","name":"unreached","version":"9","purl":"pkg:npm/unreached@9"}],
         "dependencies":[
          {"ref":"cart","dependsOn":["a1","a2","a3","a4","a5","a6","a8","a9","a10","a11","a12","a13","a14"]},
          {"ref":"a3","dependsOn":["a7"]},{"ref":"a7","dependsOn":["a15"]},{"ref":"a15","dependsOn":["a3"]}],
         "vulnerabilities":[
          {"id":"CVE-2023-0001","source":{"name":"NVD","url":"https://nvd.nist.gov/vuln/detail/CVE-2023-0001"},
           "ratings":[{"score":7.5,"severity":"high","method":"CVSSv31",
            "vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
           "description":"Made up","affects":[{"ref":"a4"}]}]}
        """#

    /// A storefront: SPDX 2.3 JSON, 11 packages, names in eight scripts.
    package static let storefront = #"""
        {"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"storefront",
         "documentNamespace":"https://example.org/spdx/storefront-1",
         "creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: scanner-1.0","Organization: Acme"]},
         "documentDescribes":["SPDXRef-root"],
         "hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-haus","extractedText":"Nur im Hause & nirgends sonst",
          "name":"Hausregel"}],
         "packages":[
          {"SPDXID":"SPDXRef-root","name":"storefront","versionInfo":"1","downloadLocation":"NOASSERTION"},
          {"SPDXID":"SPDXRef-1","name":"Ελληνικά","versionInfo":"1.0","downloadLocation":"https://example.gr/α.tgz",
           "licenseConcluded":"MIT","licenseDeclared":"MIT","copyrightText":"© 2020 Ἀριστοτέλης",
           "supplier":"Organization: Λύκειον","homepage":"https://example.gr/"},
          {"SPDXID":"SPDXRef-2","name":"кириллица","versionInfo":"2.0","downloadLocation":"NOASSERTION",
           "licenseDeclared":"Apache-2.0","licenseConcluded":"NOASSERTION","copyrightText":"NOASSERTION"},
          {"SPDXID":"SPDXRef-3","name":"東京ライブラリ","versionInfo":"三","downloadLocation":"NONE",
           "licenseDeclared":"LicenseRef-haus","licenseConcluded":"NOASSERTION","copyrightText":"NONE"},
          {"SPDXID":"SPDXRef-4","name":"مكتبة","versionInfo":"٤","downloadLocation":"NOASSERTION",
           "licenseDeclared":"GPL-2.0-only WITH Classpath-exception-2.0","licenseConcluded":"NOASSERTION"},
          {"SPDXID":"SPDXRef-5","name":"ספרייה","versionInfo":"5","downloadLocation":"NOASSERTION"},
          {"SPDXID":"SPDXRef-6","name":"हिन्दी","versionInfo":"6","downloadLocation":"NOASSERTION",
           "licenseDeclared":"(MIT AND BSD-2-Clause)"},
          {"SPDXID":"SPDXRef-7","name":"한국어","versionInfo":"7","downloadLocation":"NOASSERTION",
           "licenseDeclared":"LGPL-2.1-or-later"},
          {"SPDXID":"SPDXRef-8","name":"ไทย","versionInfo":"8","downloadLocation":"NOASSERTION"},
          {"SPDXID":"SPDXRef-9","name":"emoji 👩‍👩‍👧 e\u0301 \u00e9","versionInfo":"9","downloadLocation":"NOASSERTION"},
          {"SPDXID":"SPDXRef-10","name":"only-in-storefront","versionInfo":"1.0",
           "downloadLocation":"git+https://example.org/repo.git@v1","licenseDeclared":"MPL-2.0",
           "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl",
            "referenceLocator":"pkg:npm/only-in-storefront@1.0"}],
           "checksums":[{"algorithm":"SHA1","checksumValue":"a9993e364706816aba3e25717850c26c9cd0d89d"}],
           "releaseDate":"2024-02-29T00:00:00Z"},
          {"SPDXID":"SPDXRef-11","name":"requests","versionInfo":"2.31.0","downloadLocation":"NOASSERTION",
           "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl",
            "referenceLocator":"pkg:pypi/requests@2.31.0"}],"licenseDeclared":"Apache-2.0"}],
         "relationships":[
          {"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-root"},
          {"spdxElementId":"SPDXRef-root","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-1"},
          {"spdxElementId":"SPDXRef-root","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-3"},
          {"spdxElementId":"SPDXRef-root","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-10"},
          {"spdxElementId":"SPDXRef-1","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-2"},
          {"spdxElementId":"SPDXRef-2","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-4"}]}
        """#

    /// A ledger: CycloneDX 1.4 without a dependency graph, with 13 components whose texts try to break their readers.
    package static let ledger = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.4","version":1,
         "metadata":{"component":{"type":"application","bom-ref":"root","name":"ledger","version":"1"}},
         "components":[
          {"type":"library","bom-ref":"h1","name":"=HYPERLINK(\"http://evil.example\",\"click\")","version":"=1+1"},
          {"type":"library","bom-ref":"h2","name":"+SUM(A1:A9)","version":"-1","description":"@import"},
          {"type":"library","bom-ref":"h3","name":"-2+3","version":"@x","description":"\t=leading tab"},
          {"type":"library","bom-ref":"h4","name":"<script>alert('x')</script>","version":"]]>","description":"&amp; & <b>"},
          {"type":"library","bom-ref":"h5","name":"_x000D_ and _x0041_","version":"_x","description":"_x005F_"},
          {"type":"library","bom-ref":"h6","name":"control","version":"1",
           "description":"bell\u0007 escape\u001b[31m carriage\rreturn line\nfeed tab\tend \ufffe"},
          {"type":"library","bom-ref":"h7","name":"quote\"comma,semi;colon","version":"a\\b","group":"'single'"},
          {"type":"library","bom-ref":"h8","name":"../../etc/passwd","version":"%00","description":"\u202egnp.exe"},
          {"type":"library","bom-ref":"h9","name":"links","version":"1","licenses":[{"license":{"id":"MIT"}}],
           "externalReferences":[{"type":"website","url":"https://example.org/?a=1&b=\"2\"#frag"},
            {"type":"distribution","url":"https://example.org/a b<c>"}]},
          {"type":"library","bom-ref":"h10","name":"script link","version":"1","licenses":[{"license":{"id":"ISC"}}],
           "externalReferences":[{"type":"website","url":"javascript:alert(1)"},
            {"type":"distribution","url":"https://[broken"}]},
          {"type":"library","bom-ref":"h11","name":"'; DROP TABLE library; --","version":"0"},
          {"type":"library","bom-ref":"h12","name":"only-in-ledger","version":"1.0","purl":"pkg:npm/only-in-ledger@1.0",
           "copyright":"  blanks at both ends  ","licenses":[{"license":{"name":"=cmd|'/C calc'!A0"}}]},
          {"type":"library","bom-ref":"h13","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0",
           "licenses":[{"license":{"id":"WTFPL"}}]}]}
        """#

    /// The data of another organization under the same names, which must never be visible.
    package static let rival = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
         "metadata":{"component":{"type":"application","bom-ref":"cart","name":"cart","version":"4.2.0"}},
         "components":[
          {"type":"library","bom-ref":"a2","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0",
           "licenses":[{"license":{"id":"WTFPL"}}],"copyright":"rival-secret"},
          {"type":"library","bom-ref":"r1","name":"rival-secret","version":"1","purl":"pkg:npm/rival-secret@1",
           "licenses":[{"license":{"name":"rival-secret licence"}}]}],
         "dependencies":[{"ref":"cart","dependsOn":["a2","r1"]}]}
        """#

    /// Versions of two packages in registries: one library is behind by a first number, one by less.
    package static let releases = #"""
        {"packageKey":{"system":"MAVEN","name":"org.apache.commons:commons-lang3"},"versions":[{"versionKey":{"version":"3.12.0"},"publishedAt":"2021-02-26T20:40:10Z"},{"versionKey":{"version":"3.13.0"},"publishedAt":"2023-07-24T12:00:00Z"},{"versionKey":{"version":"3.18.0"},"publishedAt":"2025-07-07T12:00:00Z"}]}
        {"purl":"pkg:npm/%40babel/core","versions":[{"version":"7.20.12","publishedAt":"2023-01-04T16:00:00Z"},{"version":"7.28.0"},{"version":"8.0.0-beta.1"},{"version":"8.0.0"}]}
        """#

    /// Advisories for some of their libraries in OSV's form, one record a line. The first vulnerability has all facts, and
    /// another has neither a fix nor a rating. The fix of the first hits a third one, a fourth is withdrawn, and one
    /// affects libraries of each project, including the rival's.
    package static let advisories = #"""
        {"id":"GHSA-aaaa-bbbb-cccc","modified":"2025-11-09T10:11:12Z","published":"2025-11-02T03:04:05Z","aliases":["CVE-2025-90001"],"summary":"Padding","details":"Left <b>padding</b> & \"more\".\n\n=1+1 Größe 左","severity":[{"type":"CVSS_V2","score":"AV:N/AC:L/Au:N/C:N/I:N/A:P"},{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"},{"type":"CVSS_V4","score":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"}],"affected":[{"package":{"ecosystem":"npm","name":"left-pad"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.3.1"},{"introduced":"2.0.0"},{"fixed":"2.0.4"}]}]},{"package":{"ecosystem":"npm","name":"@babel/core"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"last_affected":"7.20.12"}]}]}],"references":[{"type":"ADVISORY","url":"https://example.org/a"}],"credits":[{"name":"Ada"}],"database_specific":{"cwe_ids":["CWE-400"]}}
        {"id":"GHSA-dddd-eeee-ffff","modified":"2025-12-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"left-pad"},"ranges":[{"type":"SEMVER","events":[{"introduced":"1.3.1"},{"fixed":"1.3.2"}]}]}]}
        {"id":"PYSEC-2025-9","modified":"2025-12-02T00:00:00Z","published":"2025-12-01T00:00:00Z","summary":"Only a summary","affected":[{"package":{"ecosystem":"PyPI","name":"Requests"},"versions":["2.30.0","2.31.0"]}]}
        {"id":"GHSA-0000-0000-0000","modified":"2025-12-03T00:00:00Z","withdrawn":"2025-12-03T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"requests"},"versions":["2.31.0"]}]}
        {"id":"GHSA-x000-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for rival-secret","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"npm","name":"rival-secret"},"versions":["1"]}]}
        {"id":"GHSA-x001-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for only-in-cart","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"npm","name":"only-in-cart"},"versions":["0.0.1"]}]}
        {"id":"GHSA-x002-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for only-in-storefront","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"npm","name":"only-in-storefront"},"versions":["1.0"]}]}
        {"id":"GHSA-x003-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for only-in-ledger","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"npm","name":"only-in-ledger"},"versions":["1.0"]}]}
        {"id":"GHSA-x004-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for vt","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"npm","name":"vt"},"versions":["1.10"]}]}
        {"id":"GHSA-x005-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for unreached","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"npm","name":"unreached"},"versions":["9"]}]}
        {"id":"GHSA-x006-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for serde","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"crates.io","name":"serde"},"versions":["1.0.190"]}]}
        {"id":"GHSA-x007-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for Newtonsoft.Json","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"NuGet","name":"Newtonsoft.Json"},"versions":["13.0.3"]}]}
        {"id":"GHSA-x008-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for rails","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"RubyGems","name":"rails"},"versions":["7.0.4"]}]}
        {"id":"GHSA-x009-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for com.google.guava:guava","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"Maven","name":"com.google.guava:guava"},"versions":["32.0.0-jre"]}]}
        {"id":"GHSA-x010-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for org.apache.commons:commons-lang3","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"Maven","name":"org.apache.commons:commons-lang3"},"versions":["3.12.0"]}]}
        {"id":"GHSA-x011-listed-only","modified":"2025-12-04T00:00:00Z","published":"2025-12-04T00:00:00Z","summary":"Listed for symfony/console","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N"}],"affected":[{"package":{"ecosystem":"Packagist","name":"symfony/console"},"versions":["v6.3.0"]}]}
        """#
}
