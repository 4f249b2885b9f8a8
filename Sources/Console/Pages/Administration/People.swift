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
