import CCJose
import HTTP
import TestSupport
import Testing

@testable import OpenID

/// Which certificates of an issuer are believed.
struct IssuerTrustTests {
    private static let start: Int64 = 1_800_000_000_000

    private static func makeCertificate(_ name: String, in folder: TemporaryFolder) throws -> HTTPConfiguration.TLS {
        let (certificate, key) = (folder.path("\(name).pem"), folder.path("\(name).key"))
        try ForeignTool.run(
            try ForeignTool.path("openssl", package: "openssl"),
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-out",
                certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
            ])
        return HTTPConfiguration.TLS(certificate: certificate, key: key)
    }

    /// An issuer inside a company has a certificate of that company.
    @Test func theAuthoritiesOfTheFileAreBelievedAlone() async throws {
        let folder = try TemporaryFolder()
        let own = try Self.makeCertificate("own", in: folder)
        let other = try Self.makeCertificate("other", in: folder)
        let key = try SigningKey("a", curve: CJOSE_JWK_EC_P_256)
        let server = try IssuerServer(key, at: Self.start, tls: own)
        server.change { $0.token = { try key.token($0, by: "ES256") } }
        let result = Result {
            let attempt = SignInAttempt(
                secret: String(repeating: "a", count: 64), state: String(repeating: "b", count: 64))
            func client(_ trusted: String?) -> IssuerClient {
                var issuer = Issuer(
                    id: "acme", name: "Acme", url: server.url, client: "waybill", organizations: ["Acme"])
                issuer.trusted = trusted
                return IssuerClient(issuer, redirect: "https://waybill.example/console/sign-in/acme/callback") {
                    Self.start
                }
            }
            #expect(server.url.hasPrefix("https://"))
            // Neither the system's authorities nor another one of the company vouch for it.
            for trusted in [nil, other.certificate] {
                let fault = #expect(throws: SignInFault.self) { try client(trusted).authorization(attempt) }
                guard case .unreachable = fault else {
                    Issue.record("another fault: \(String(describing: fault))")
                    continue
                }
            }
            #expect(server.requests.isEmpty)
            let known = client(own.certificate)
            let answer = try server.signIn(at: try known.authorization(attempt))
            let person = try known.person(SignInAnswer(code: answer.code), attempt)
            #expect(person.subject == "person-1")
        }
        await server.stop()
        try result.get()
    }
}
