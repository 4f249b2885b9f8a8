/// A made-up application as CycloneDX 1.5, for the demonstration.
enum SampleSBOM {
    static let text = """
        {"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:6d1e7f3a-58c4-4b1d-9a52-0f4c7b1e2d90","version":1,
        "metadata":{"timestamp":"2026-05-04T08:30:00Z","component":{"type":"application","bom-ref":"cart","name":"Cart","version":"2.1.0",
        "supplier":{"name":"Example Shop"}}},
        "components":[
        {"type":"library","bom-ref":"pkg:maven/org.example/dates@2.4","group":"org.example","name":"dates","version":"2.4",
        "purl":"pkg:maven/org.example/dates@2.4","description":"Pretend date tools","copyright":"Copyright 2021 A. Writer",
        "hashes":[{"alg":"SHA-1","content":"2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"}],"licenses":[{"license":{"id":"Apache-2.0"}}],
        "supplier":{"name":"Example Org"},"externalReferences":[{"type":"website","url":"https://example.org/dates"}]},
        {"type":"library","bom-ref":"pkg:npm/tiny-slug@1.0.3","name":"tiny-slug","version":"1.0.3","purl":"pkg:npm/tiny-slug@1.0.3",
        "description":"Makes slugs, 日本語も","licenses":[{"license":{"id":"MIT"}}],
        "externalReferences":[{"type":"website","url":"https://example.org/tiny-slug"},{"type":"vcs","url":"https://example.org/tiny-slug.git"}]},
        {"type":"library","bom-ref":"pkg:npm/wide-pad@4.0.0","name":"wide-pad","version":"4.0.0","purl":"pkg:npm/wide-pad@4.0.0",
        "licenses":[{"expression":"MIT OR GPL-3.0-or-later"}]},
        {"type":"library","bom-ref":"pkg:pypi/pretend-crypto@1.2","name":"pretend-crypto","version":"1.2","purl":"pkg:pypi/pretend-crypto@1.2",
        "licenses":[{"license":{"id":"BSD-3-Clause"}}],"hashes":[{"alg":"SHA-256","content":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}]},
        {"type":"library","bom-ref":"pkg:golang/example.org/router@v0.9.1","name":"router","version":"v0.9.1",
        "purl":"pkg:golang/example.org/router@v0.9.1","licenses":[{"license":{"name":"Router Terms of Use"}}]}],
        "dependencies":[{"ref":"cart","dependsOn":["pkg:maven/org.example/dates@2.4","pkg:npm/tiny-slug@1.0.3"]},
        {"ref":"pkg:npm/tiny-slug@1.0.3","dependsOn":["pkg:npm/wide-pad@4.0.0"]},
        {"ref":"pkg:maven/org.example/dates@2.4","dependsOn":["pkg:pypi/pretend-crypto@1.2","pkg:golang/example.org/router@v0.9.1"]}]}
        """
}
