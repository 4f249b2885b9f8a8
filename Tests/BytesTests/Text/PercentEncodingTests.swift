import Testing

@testable import Bytes

/// RFC 3986 §2.1 and §2.3.
struct PercentEncodingTests {
    @Test(arguments: [
        ("", ""), ("aZ09-._~", "aZ09-._~"), ("a b/c", "a%20b%2Fc"), ("ä€😀", "%C3%A4%E2%82%AC%F0%9F%98%80"),
        ("100%", "100%25"),
        ("\u{0}\n\u{7F}", "%00%0A%7F"), ("[`{@/:", "%5B%60%7B%40%2F%3A"),
    ])
    func unreservedBytesStand(text: String, encoded: String) {
        #expect(text.percentEncoded == encoded)
        #expect(encoded.percentDecoded == text)
    }

    @Test func aPartMayKeepMore() {
        #expect("a/b:c d".percentEncoded { PercentEncoding.isUnreserved($0) || "/:".utf8.contains($0) } == "a/b:c%20d")
    }

    @Test(
        arguments: [
            ("%e4%F6", nil), ("%C3%a4", "ä"), ("%", "%"), ("a%2", "a%2"), ("%zz%41", "%zzA"), ("%+f", "%+f"),
            ("%%41", "%A"),
            ("a+b", "a+b"),
        ] as [(String, String?)])
    func strayBytesStay(text: String, decoded: String?) {
        #expect(text.percentDecoded == decoded)
    }
}
