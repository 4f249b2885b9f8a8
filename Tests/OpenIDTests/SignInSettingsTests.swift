import OpenID
import Testing

@testable import OpenID

/// The file that lists the issuers.
struct SignInSettingsTests {
    private static func read(_ text: String) throws -> SignInSettings {
        try SignInSettings(Array(text.utf8)) { path throws(SignInSettings.Fault) in "secret of \(path)" }
    }

    private static func file(_ issuer: String, address: String = "https://waybill.example") -> String {
        #"{"address":"\#(address)","issuers":[\#(issuer)]}"#
    }

    private static let least =
        #""id":"acme","issuer":"https://login.example","client":"waybill","organizations":["Acme"]"#

    /// Another client of the same issuer.
    private static let twin =
        #""id":"other","issuer":"https://login.example","client":"second","organizations":["Rival"]"#

    @Test func theLeastThatAnIssuerNeeds() throws {
        let settings = try Self.read(Self.file("{\(Self.least)}", address: "https://Waybill.example:443/"))
        let issuer = try #require(settings.issuers.first)
        #expect(settings.address == "https://waybill.example")
        #expect(issuer.name == "acme" && issuer.secret == nil && issuer.rules == nil)
        #expect(!issuer.linksByEmail && !issuer.closesWithoutGroups && issuer.signInWithinDays == 90)
        #expect(issuer.scopes == ["openid", "profile", "email"] && issuer.groupsClaim == "groups")
    }

    @Test func everythingThatAnIssuerMayHave() throws {
        let settings = try Self.read(
            Self.file(
                """
                {\(Self.least),"name":"Acme's people","secretFile":"/s","scopes":["openid","groups"],"trust":"/ca.pem",
                "origins":["https://keys.example"],"groups":"realm_access.roles","linkByEmail":true,"closeWithoutGroups":true,"signInWithinDays":30,
                "mapping":[{"group":"a","role":"MEMBER"},{"group":"b","role":"READ_ONLY","product":"Shop","organization":"Acme"}]}
                """))
        let issuer = try #require(settings.issuers.first)
        #expect(issuer.secret == "secret of /s" && issuer.trusted == "/ca.pem" && issuer.linksByEmail)
        #expect(issuer.closesWithoutGroups && issuer.signInWithinDays == 30)
        #expect(issuer.origins == ["https://keys.example"] && issuer.groupsClaim == "realm_access.roles")
        #expect(
            issuer.rules == [
                GroupRule(group: "a", role: "MEMBER"),
                GroupRule(group: "b", role: "READ_ONLY", product: "Shop", organization: "Acme"),
            ])
    }

    /// A file without issuers ends the rights that issuers gave.
    @Test func aFileMayHaveNoIssuer() throws { #expect(try Self.read(Self.file("")).issuers.isEmpty) }

    @Test(arguments: [
        ("[]", "no JSON object"), ("{}", "address of the file is missing"),
        (#"{"address":"waybill","issuers":[]}"#, "address is"),
        (#"{"address":"http://waybill.example","issuers":[]}"#, "address is"),
        (#"{"address":"https://waybill.example/x","issuers":[]}"#, "address is"),
        (#"{"address":"https://waybill.example","issuer":[]}"#, #"has "issuer""#),
        (file("{}"), "id of an element of issuers is missing"),
        (file("{\(least),\"clientSecret\":\"x\"}"), #"issuer acme has "clientSecret""#),
        (file("{\(least),\"scopes\":[\"email\"]}"), "scopes of acme has no openid"),
        (file("{\(least),\"origins\":[\"https://x.example/path\"]}"), "origins of acme"),
        (file("{\(least),\"linkByEmail\":\"yes\"}"), "linkByEmail of issuer acme"),
        (file("{\(least),\"signInWithinDays\":-1}"), "signInWithinDays of issuer acme is no whole number from 0 to"),
        (file("{\(least),\"signInWithinDays\":\"30\"}"), "signInWithinDays of issuer acme"),
        (file("{\(least),\"mapping\":[{\"group\":\"a\"}]}"), "role of"),
        (file("{\(least),\"mapping\":[{\"group\":\"a\",\"role\":\"MEMBER\",\"organization\":\"Rival\"}]}"), "Rival"),
        (file("{\(least)},{\(least)}"), "two issuers have the id acme"),
        (file("{\(least)},{\(twin)}"), "two issuers have the address https://login.example"),
        (file(least.replacing("https://login", with: "http://login")).replacing("[\"id", with: "[{\"id"), "no JSON"),
        (file("{" + least.replacing("https://login", with: "http://login") + "}"), "issuer of acme"),
        (file("{" + least.replacing("\"acme\"", with: "\"Acme/1\"") + "}"), "the id of an issuer"),
        (file("{" + least.replacing("[\"Acme\"]", with: "[]") + "}"), "organizations of acme"),
    ])
    func mistakesAreNamed(text: String, words: String) throws {
        let fault = #expect(throws: SignInSettings.Fault.self) { try Self.read(text) }
        #expect(fault?.description.contains(words) == true, "\(fault?.description ?? "none")")
    }

    @Test(arguments: [
        ("https://a.example", "https://a.example"), ("https://A.example:443/x?y", "https://a.example"),
        ("https://a.example:8443", "https://a.example:8443"), ("http://localhost:80", "http://localhost"),
        ("http://127.0.0.1:1234/", "http://127.0.0.1:1234"), ("https://[2001:db8::1]:1/", "https://[2001:db8::1]:1"),
    ])
    func originsOfAddresses(url: String, origin: String) { #expect(WebOrigin(of: url)?.description == origin) }

    @Test(arguments: [
        "", "a.example", "http://a.example", "ftp://a.example", "https://", "https://a@b.example",
        "https://a.example#x",
        "https://a.example:0", "https://a.example:99999", "https://a.example:x", "https://a b.example", "https://a\\b",
        "https://[::1", "https://[::1]x", "HTTPS://a.example", "https://ä.example",
    ])
    func addressesThatAreNotAccepted(url: String) { #expect(WebOrigin(of: url) == nil) }
}
