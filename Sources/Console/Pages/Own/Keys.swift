import API
import Bytes
import Database
import HTTP

extension Page {
    /// The keys of the person, each with a button that revokes it, and a form that makes a key.
    static let keys = Page("keys", "", in: [.organization], submission: changeOwnKeys) { visit in
        let keys = try Keys.list(account: visit.access.standing.account, on: visit.connection)
        return Content("Your keys") { html in
            html.section("Keys") { $0.keys(visit, keys) }
            html.section("Make a key") { html in
                guard visit.access.allows(.administer) else {
                    return html.hint("This session’s key is not for ADMINISTER: it can make no other key.")
                }
                html.newKey(visit)
            }
        }
    }

    private static let changeOwnKeys = Submission(showing: { try await $0.changeKeys(of: nil) })
}

extension HTML {
    /// The keys of a person, each with a button that revokes it.
    mutating func keys(_ visit: Visit, _ keys: [KeyRecord]) {
        if keys.isEmpty { return hint("There are none.") }
        let shown = visit.access.key?.id
        table(
            "Keys",
            [
                .text("Name") { $0.name.or("without a name") },
                .text("For") { $0.scopes.words.joined(separator: ", ").lowercased() },
                .time("Made", isWide: true, \.created),
                ListColumn("Last used") { key, html in
                    if key.used == 0 { return html.mark("never", "quiet") }
                    html.time(key.used)
                },
                ListColumn("Ends") { key, html in
                    if key.expires == 0 { return html.text("never") }
                    html.time(key.expires)
                    if key.expires <= visit.now { html.mark("ended", "bad") }
                },
                ListColumn("Action") { key, html in
                    if key.id == shown { return html.text("this session’s") }
                    html.button(
                        "Revoke", of: key.name, to: visit.address, hidden: [("part", "revoke"), ("keyName", key.name)])
                },
            ] as [ListColumn<KeyRecord>], keys)
    }

    /// The form that makes a key.
    mutating func newKey(_ visit: Visit) {
        let problem = visit.problem(in: "key")
        form(to: visit.address, button: "Make a key and show it", style: "stack", hidden: [("part", "key")]) { html in
            var name = Field("keyName", "Name of the key")
            name.isNeeded = true
            name.hint = "For example the program that will use it."
            name.value = visit.typed("keyName", in: "key")
            html.field(name, problem)
            html.scopes(visit, part: "key")
            html.field(.expiry(visit.typed("expires", in: "key"), id: "key-expires"), problem)
        }
    }

    /// The boxes for the rights of a new key.
    ///
    /// - Parameter part: which of the page's forms has them.
    mutating func scopes(_ visit: Visit, part: String) {
        let words: [(KeyScopes, String)] = [
            (.read, "read: see, and download reports"), (.submit, "submit: ask for reports"),
            (.upload, "upload: bring in SBOMs and VEX"), (.administer, "administer: change everything else"),
        ]
        let choices = words.map { Choice($0.0.words.joined(), $0.1) }
        checks(
            "scopes", "What its key is for", id: "\(part)-scopes", choices,
            chosen: visit.isSent(part) ? visit.form?.all("scopes") ?? [] : [choices[0].value],
            visit.problem(in: part))
    }
}

extension Field {
    /// The expiry of a key.
    static func expiry(_ value: String, id: String = "expires") -> Field {
        var field = Field("expires", "The key ends on")
        field.id = id
        field.type = "date"
        field.hint = "Empty: never."
        field.value = value
        return field
    }
}

extension Sender {
    /// Makes or revokes a key, by the form of a list of keys.
    ///
    /// - Parameter email: the address of another person; nil for the person's own keys.
    func changeKeys(of email: String?) async throws -> Landing {
        let form = form
        guard form["part"] == "key" else {
            try await callOrganization("waybillRevokeKey") { call in
                call.text("keyName", form["keyName"])
                if let email { call.text("email", email) }
            }
            return .page(address)
        }
        let response = try await callOrganization("waybillAddKey") { call in
            call.text("keyName", form["keyName"])
            call.texts("scopes", form.all("scopes"))
            if !form["expires"].isEmpty { call.text("expires", form["expires"]) }
            if let email { call.text("email", email) }
        }
        return .secret(Secret(title: "The key \(form["keyName"])", text: try response.text(of: "userToken")))
    }
}

extension HTTPResponse {
    /// A text of the JSON object in the answer of a call; empty for an absent one.
    func text(of member: StaticString) throws -> String {
        guard case .bytes(let bytes) = body else { return "" }
        var json = JSONReader(bytes)
        try json.beginObject()
        while try json.nextKey() {
            if json.keyEquals(member) { return try json.string() }
            try json.skipValue()
        }
        return ""
    }
}
