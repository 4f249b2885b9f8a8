import API
import Bytes
import Database
import HTTP
import Reports

extension Page {
    /// The members of the organization and their roles, and forms that add one.
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
            html.element("div", ("class", "columns")) { html in
                html.section("Add a person") { html in
                    html.newMember(visit, products, part: "person") { html in
                        var email = Field("addedUser.email", "E-mail address")
                        email.isNeeded = true
                        email.value = visit.typed(email.name, in: "person")
                        html.field(email, visit.problem(in: "person"))
                        var name = Field("addedUser.name", "Name")
                        name.value = visit.typed(name.name, in: "person")
                        html.field(name, visit.problem(in: "person"))
                    }
                }
                html.section("Add a service") { html in
                    html.hint("A program with keys of its own, such as a build server. It gets no mail.")
                    html.newMember(visit, products, part: "service") { html in
                        var name = Field("addedUser.name", "Name")
                        name.id = "service-name"
                        name.isNeeded = true
                        name.value = visit.typed(name.name, in: "service")
                        html.field(name, visit.problem(in: "service"))
                        html.scopes(visit, part: "service")
                    }
                }
            }
        }
    }

    private static let addPerson = Submission(showing: { sender in
        let form = sender.form
        let (isService, name) = (form["part"] == "service", form["addedUser.name"])
        if isService { try await sender.requireNewService(name) }
        let response = try await sender.call(isService ? "createServiceUser" : "createUser") { call in
            call.object("addedUser") { user in
                user.text("name", name)
                if !isService { user.text("email", form["addedUser.email"]) }
            }
            call.text("role", form["role"].or("NONE"))
            if !form["productToken"].isEmpty { call.text("productToken", form["productToken"]) }
            if isService { call.texts("scopes", form.all("scopes")) }
            if !form["expires"].isEmpty { call.text("expires", form["expires"]) }
        }
        let owner = isService ? name : form["addedUser.email"]
        return .secret(Secret(title: "The first key of \(owner)", text: try response.text(of: "userToken")))
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
            .number("Keys", isWide: true, \.keys), .time("Last sign-in", isWide: true, \.signedIn),
        ]
    }
}

extension HTML {
    /// A form that adds a member.
    ///
    /// - Parameters:
    ///   - part: which of the page's forms it is.
    ///   - fields: its first fields.
    fileprivate mutating func newMember(
        _ visit: Visit, _ products: [Choice], part: String, fields: (inout HTML) -> Void
    ) {
        form(to: visit.here("people"), button: "Add and show the key", style: "stack", hidden: [("part", part)]) {
            html in
            fields(&html)
            html.roleFields(visit, products, part: part)
            html.field(.expiry(visit.typed("expires", in: part), id: "\(part)-expires"), visit.problem(in: part))
        }
    }
}

extension Sender {
    /// Refuses the name of a service that is a member: the call takes a name twice, and loading the page again would repeat it.
    fileprivate func requireNewService(_ name: String) async throws {
        let answer = try await call("getAllUsers")
        guard case .bytes(let bytes) = answer.body else { return }
        var json = JSONReader(bytes)
        try json.beginObject()
        while try json.nextKey() {
            guard json.keyEquals("users") else {
                try json.skipValue()
                continue
            }
            try json.beginArray()
            while try json.nextElement() {
                guard try Self.service(&json) == name else { continue }
                throw APIError.badValue(name, of: "addedUser.name", accepted: "a name that no service here has yet")
            }
        }
    }

    /// The name of a member that is a service; nil for people.
    private static func service(_ json: inout JSONReader) throws -> String? {
        var (name, email) = ("", "")
        try json.beginObject()
        while try json.nextKey() {
            if json.keyEquals("name") {
                name = try json.string()
            } else if json.keyEquals("email") {
                email = try json.string()
            } else {
                try json.skipValue()
            }
        }
        return email.hasSuffix("@service.invalid") ? name : nil
    }
}
