import Testing

@testable import BOM

struct URLTextTests {
    @Test(arguments: [
        ("https://example.org", true), ("HTTPS://EXAMPLE.ORG/x", true), ("git+https://example.org/x.git", true),
        ("git+ssh://git@example.org/x", true), ("svn://example.org", true), ("http://user:pass@example.org:80/", true),
        ("http://a.b-c.de?q", true), ("http://example.org#part", true), ("hg+http://example.org", true),
        ("", false), ("example.org", false), ("gopher://example.org", false), ("http://", false),
        ("http://localhost/x", false), ("http://example", false), ("http://exa mple.org", false),
        ("http://example.org/a b", false), ("http://-a.org", false), ("http://a..org", false),
        ("http://1.2.3.4", false),
        ("https://ex\u{e4}mple.org", false), ("git+git+https://example.org", false), ("ftp:/example.org", false),
        ("http://example.c", false), ("http://x@", false),
    ])
    func webLocations(text: String, isOne: Bool) {
        #expect(URLText.isWebLocation(text) == isOne)
        // A text that is not contiguous.
        let parts = text.utf16.map { $0 }
        #expect(URLText.isWebLocation(String(decoding: parts, as: UTF16.self)) == isOne)
    }

    @Test(arguments: [
        ("http://host:80/x", "http://host:80/x"), ("http://host:${port}/x", "http://host%3A$%7Bport%7D/x"),
        ("http://host:/x", "http://host:/x"), ("http://user:secret@host/x", "http://user:secret@host/x"),
        ("git@example.org:a/b.git", "ssh://git@example.org/a/b.git"), ("1a:b c", "./1a:b%20c"), ("a:b c", "a:b%20c"),
        ("", ""),
        ("urn:x", "urn:x"), ("http://h/a%zz%20#b#c", "http://h/a%25zz%20#b%23c"),
        ("http://host:8x0", "http://host%3A8x0"),
        ("http://h\u{e4}/", "http://h%C3%A4/"),
    ])
    func references(text: String, reference: String) { #expect(URLText.reference(text) == reference) }

    @Test(arguments: [
        ("CVE-2099-1", "https://nvd.nist.gov/", "https://nvd.nist.gov/vuln/detail/CVE-2099-1"),
        ("GHSA-aaaa-bbbb-cccc", "https://github.com/advisories", "https://github.com/advisories/GHSA-aaaa-bbbb-cccc"),
        ("CVE-2099-1", "https://example.org/cve-2099-1.html", "https://example.org/cve-2099-1.html"),
        ("VENDOR-1", "https://vendor.example/advisories", "https://vendor.example/advisories"),
    ])
    func `An address of a whole database is no page of an advisory`(id: String, source: String, page: String) {
        #expect(Advisory(id: id, source: source).page == page)
    }
}
