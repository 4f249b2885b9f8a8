import Bytes
import Foundation
import Outbound
import TestSupport
import Testing

@testable import Store

struct S3SettingsTests {
    private let none: @Sendable () throws(StoreError) -> AWSCredentials = { () throws(StoreError) in
        AWSCredentials(accessKey: "a", secretKey: "b")
    }

    @Test(
        "places",
        arguments: [
            ("s3://bk", nil, nil, "https://bk.s3.eu-1.amazonaws.com/n.zip"),
            ("s3://bk/", nil, true, "https://s3.eu-1.amazonaws.com/bk/n.zip"),
            ("s3://bk/a/b", nil, nil, "https://bk.s3.eu-1.amazonaws.com/a/b/n.zip"),
            ("s3://bk/a/b/", "http://10.0.0.1:9000/", nil, "http://10.0.0.1:9000/bk/a/b/n.zip"),
            ("s3://bk", "https://Store.example:443", false, "https://bk.store.example/n.zip"),
            ("s3://bk", "https://[::1]:9000", nil, "https://[::1]:9000/bk/n.zip"),
        ] as [(String, String?, Bool?, String)])
    func places(location: String, endpoint: String?, isPathStyle: Bool?, url: String) throws {
        let settings = try S3Settings(
            location: location, endpoint: endpoint, region: "eu-1", isPathStyle: isPathStyle, credentials: none)
        #expect("\(settings.scheme)://\(settings.host)\(settings.path(settings.key("n")))" == url)
    }

    @Test(
        "what is no place",
        arguments: [
            ("s3://", nil), ("s3:///a", nil), ("s3://b/../c", nil), ("s3://b//c", nil), ("s3://b/ü", nil),
            ("s3://b?x", nil),
            ("s3://b", "ftp://x"), ("s3://b", "x:9000"), ("s3://b", "https://user:word@x"), ("s3://b", "https://x/y"),
        ] as [(String, String?)])
    func refusals(location: String, endpoint: String?) {
        let error = #expect(throws: StoreError.self) {
            try S3Settings(location: location, endpoint: endpoint, region: "r", isPathStyle: nil, credentials: none)
        }
        #expect(!"\(String(describing: error))".contains("word"))
    }

    @Test("credentials: the environment first, then a section of the shared file")
    func credentials() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("credentials")
        try """
        # people's keys
        [default]
        aws_access_key_id = AK1
        aws_secret_access_key=s/1=+

        [ other ]
        aws_access_key_id=AK2
        aws_secret_access_key = s2
        aws_session_token = t2==
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let first = try AWSCredentials.find(file: file, profile: "default") { _ in nil }
        #expect((first.accessKey, first.secretKey, first.sessionToken) == ("AK1", "s/1=+", nil))
        let second = try AWSCredentials.find(file: file, profile: "other") { _ in nil }
        #expect((second.accessKey, second.secretKey, second.sessionToken) == ("AK2", "s2", "t2=="))
        let third = try AWSCredentials.find(file: "/nowhere", profile: "x") { "the \($0)" }
        #expect(third.accessKey == "the AWS_ACCESS_KEY_ID" && third.secretKey == "the AWS_SECRET_ACCESS_KEY")
        #expect(!"\(first) \(second)".contains("s2") && "\(first)" == "credentials")
        #expect(throws: StoreError.self) { try AWSCredentials.find(file: file, profile: "third") { _ in nil } }
        #expect(throws: StoreError.self) { try AWSCredentials.find(file: "/nowhere", profile: "x") { _ in nil } }
    }

    @Test("answers: elements, entities, and what is none")
    func documents() {
        let text = """
            <?xml version="1.0"?><L xmlns="http://x/"><Contents><Key>a&amp;lt;&lt;b&gt;&quot;</Key></Contents>\
            <ContentsX><Key>no</Key></ContentsX><Contents a="1"><Key/><Key>c</Key></Contents><Contents>open
            """
        let document = S3Document(Array(text.utf8))
        #expect(document.elements("Contents").map { $0.text("Key") } == ["a&lt;<b>\"", "c"])
        #expect(document.text("Nothing") == nil)
        for hostile in ["", "<", "<<<<", "<Key", "<Key>", "</Key>", "<Key></Ke", "\u{0}\u{FF}"] {
            #expect(S3Document(Array(hostile.utf8)).text("Key") == nil)
        }
        #expect(S3Document([0x3c, 0x4b, 0x3e, 0xff, 0x3c, 0x2f, 0x4b, 0x3e]).text("K") == "\u{FFFD}")
    }
}
