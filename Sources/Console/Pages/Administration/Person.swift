import API
import Bytes
import Database
import Reports

extension Page {
    /// One member: roles, keys, and removal.
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
                    ("Last sign-in with an issuer", member.signedIn > 0 ? Words.time(member.signedIn) : ""),
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
                    html.roleFields(visit, products, part: "role")
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
}
