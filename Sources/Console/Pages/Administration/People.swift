import API
import Bytes
import Database
import Reports

extension Page {
    /// The members of the organization and their roles, and a form that adds one.
    static let people = Page(
        "people", "People", in: [.organization], for: .administrator, with: .administer, submission: addPerson
    ) { visit in
        try visit.access.require(Need(.administrator, with: .administer, for: "the list of people"), inProduct: nil)
        let size = ListPage<Member>.size
        let after = NumberText.whole(visit.query("after"), in: NumberText.ids) ?? 0
        let found = try Member.page(
            visit.scope, having: visit.query("name"), behind: after, limit: size + 1, on: visit.connection)
        let members = Array(found.prefix(size))
        let products = try visit.productChoices()
        return Content("People") { html in
            html.section("Members") { html in
                html.search(visit, "Part of the name or address")
                if members.isEmpty { return html.hint("Nobody has this in the name or address.") }
                html.table("Members", memberColumns(visit), members)
                html.pager(visit.address, next: found.count > size ? members.last.map { "\($0.person.id)" } : nil)
                html.export(visit, "members", type: "OrgMembersReport")
            }
            html.section("Add a person") { html in
                html.form(to: visit.here("people"), button: "Add and show the key", style: "stack") { html in
                    var email = Field("addedUser.email", "E-mail address")
                    email.isNeeded = true
                    email.value = visit.typed(email.name)
                    html.field(email, visit.problem)
                    var name = Field("addedUser.name", "Name")
                    name.value = visit.typed(name.name)
                    html.field(name, visit.problem)
                    html.roleFields(visit, products, problem: visit.problem) { visit.typed($0) }
                    html.field(.expiry(visit.typed("expires")), visit.problem)
                }
            }
        }
    }

    private static let addPerson = Submission(showing: { sender in
        let form = sender.form
        let response = try await sender.call("createUser") { call in
            call.object("addedUser") { user in
                user.text("name", form["addedUser.name"])
                user.text("email", form["addedUser.email"])
            }
            call.text("role", form["role"].or("NONE"))
            if !form["productToken"].isEmpty { call.text("productToken", form["productToken"]) }
            if !form["expires"].isEmpty { call.text("expires", form["expires"]) }
        }
        return .secret(
            Secret(title: "The first key of \(form["addedUser.email"])", text: try response.text(of: "userToken")))
    })

    /// One member: roles, keys, and the way out.
    static let person = Page(
        "person", "", in: [.organization], for: .administrator, with: .administer, submission: changePerson
    ) { visit in
        try visit.access.require(Need(.administrator, with: .administer, for: "the page of a member"), inProduct: nil)
        let email = visit.address.item
        guard let member = try Member.find(email, in: visit.scope, on: visit.connection) else {
            throw LostPage("Nobody with the address \(email) is a member.")
        }
        let keys = try Keys.list(account: member.person.id, on: visit.connection)
        let products = try visit.productChoices()
        return Content(email) { html in
            html.section("Roles") { html in
                html.facts([
                    ("Name", member.person.name), ("In the whole organization", member.role?.word ?? "no role"),
                ])
                if !member.productRoles.isEmpty {
                    html.table(
                        "Roles in products",
                        [.text("Product", \.product), .text("Role", \.role.word)]
                            as [ListColumn<(product: String, role: Role)>], member.productRoles)
                }
                html.hint("The greatest role that the person or one of their groups was given.")
                html.form(
                    to: visit.address, button: "Set the role", style: "stack", hidden: [("part", "role")]
                ) { html in
                    html.roleFields(visit, products, problem: visit.problem(in: "role")) { visit.typed($0, in: "role") }
                }
            }
            html.section("Keys") { html in
                html.keys(visit, keys)
                html.newKey(visit)
            }
            html.section("Remove from the organization") { html in
                html.hint("Roles, groups and keys end at once. What the person decided stays.")
                html.form(to: visit.address, button: "Remove", style: "stack", hidden: [("part", "remove")]) { html in
                    var sure = Field("sure", "Type the address to be sure")
                    sure.isNeeded = true
                    sure.value = visit.typed("sure", in: "remove")
                    html.field(sure, visit.problem(in: "remove"))
                }
            }
        }
    }

    private static let changePerson = Submission(showing: { sender in
        let (form, email) = (sender.form, sender.address.item)
        switch form["part"] {
        case "role":
            try await sender.call("waybillSetRole") { call in
                call.text("email", email)
                call.text("role", form["role"])
                if !form["productToken"].isEmpty { call.text("productToken", form["productToken"]) }
            }
        case "remove":
            guard form["sure"] == email else { throw APIError.badValue(form["sure"], of: "sure", accepted: email) }
            try await sender.call("removeUserFromOrganization") { call in
                call.object("user") { $0.text("email", email) }
            }
            return .page(Address(sender.place, "people"))
        default: return try await sender.changeKeys(of: email)
        }
        return .page(sender.address)
    })

    private static func memberColumns(_ visit: Visit) -> [ListColumn<Member>] {
        [
            ListColumn("Address") { member, html in
                html.link(visit.here("person", item: member.person.email), member.person.email)
            },
            .text("Name") { $0.person.name },
            ListColumn("Roles") { member, html in
                if member.role == nil, member.productRoles.isEmpty { return html.mark("no role", "quiet") }
                var words = member.role.map { [$0.word] } ?? []
                words += member.productRoles.prefix(3).map { "\($0.role.word) in \($0.product)" }
                let others = member.productRoles.count - 3
                if others > 0 { words.append("and in \(Words.count(Int64(others), "other product"))") }
                html.text(words.joined(separator: ", "))
            },
            .text("Kind", isWide: true) { $0.kind == "SERVICE" ? "a service" : "a person" },
            .number("Keys", isWide: true, \.keys),
        ]
    }
}

extension Visit {
    /// The products that a role can be given in; a list is no longer than a person looks through.
    fileprivate func productChoices() throws -> [Choice] {
        let products = try ProductVital.list(scope, on: connection).prefix(1000)
        return [Choice("", "the whole organization")] + products.map { Choice($0.token, $0.name) }
    }
}

extension Field {
    /// When a key ends.
    static func expiry(_ value: String, id: String = "expires") -> Field {
        var field = Field("expires", "The key ends on")
        field.id = id
        field.type = "date"
        field.hint = "Empty: never."
        field.value = value
        return field
    }
}

extension HTML {
    fileprivate mutating func roleFields(
        _ visit: Visit, _ products: [Choice], problem: Problem?, typed: (String) -> String
    ) {
        var role = Field("role", "Role")
        role.choices =
            [
                Choice("READ_ONLY", "reader: sees"), Choice("MEMBER", "member: uploads and decides, too"),
                Choice("ADMINISTRATOR", "administrator: changes policies, people and settings, too"),
                Choice("NONE", "none"),
            ]
        role.value = typed("role")
        field(role, problem)
        var place = Field("productToken", "Where it holds")
        place.choices = products
        place.value = typed("productToken")
        field(place, problem)
    }
}

extension Sender {
    /// Makes or revokes a key, as the form of a list of keys asks.
    ///
    /// - Parameter email: of another person; nil for the own keys.
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
