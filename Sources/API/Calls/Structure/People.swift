import Bytes
import Database
import HTTP

// Users, groups and their roles: mend-api.md §3.6. Mend's words for roles occur only in this file.

extension Call {
    static let people: [Call] = [
        allUsers, allGroups, createUser, createServiceUser, regenerateUserKey, removeUser, createGroup,
        addUsersToGroups, setRole,
        assignments("getOrganizationAssignments", .organization), assignments("getProductAssignments", .product),
        setting(
            "setOrganizationAssignments", .organization,
            [
                ("administrators", "ADMINISTRATOR"), ("alertsEmailReceivers", "ALERTS_EMAIL_RECEIVER"),
                ("defaultApprover", "DEFAULT_APPROVER"), ("readOnlyUsers", "READ_ONLY"),
                // Not in Mend's API; needed to give and remove the role in the whole organization.
                ("members", "MEMBER"),
            ]),
        setting(
            "setProductAssignments", .product,
            [
                ("productAdmins", "ADMINISTRATOR"), ("alertsEmailReceivers", "ALERTS_EMAIL_RECEIVER"),
                ("productMembership", "MEMBER"), ("productApprovers", "PRODUCT_APPROVER"),
                ("productIntegrators", "PRODUCT_INTEGRATOR"),
            ]),
    ]

    private static let allUsers = Call("getAllUsers", .one(.organization), .readOnly, .work) { visit in
        let people = try People.all(visit.scope, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("users", people) { $0.person($1) }
                answer.text("message", "Organization users")
            })
    }

    private static let allGroups = Call("getAllGroups", .one(.organization), .readOnly, .work) { visit in
        let groups = try People.groups(visit.scope, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("groups", groups) { answer, group in
                    answer.number("id", group.id)
                    answer.text("name", group.name)
                    answer.text("description", group.description)
                    answer.objects("users", group.people) { $0.person($1) }
                }
                answer.text("message", "Organization groups")
            })
    }

    /// The first rights of a new member: a role (none by default), in one product if the request names one, and the scopes of
    /// the first key.
    private static let beginning: [Parameter] = [
        .words("role", roleWords), .text("productToken"), .texts("scopes"), .time("expires"),
    ]

    /// The rights that requests may name.
    static let roleWords = Role.allCases.reversed().map(\.rawValue) + ["NONE"]

    private static let createUser = Call(
        "createUser", .one(.organization), .administrator, .points,
        takes: [.object("addedUser", [.text("name"), .text("email", as: "ada@example.org").required]).required]
            + beginning
    ) { visit in
        let user = try visit.request.object("addedUser", accepted: "an object with name and email")
        let email = try visit.request.text("email", in: user, of: "addedUser", accepted: "NAME@DOMAIN")
        let name = user.text("name") ?? ""
        let key = UserKey(random: try visit.backend.random.bytes(32))
        let new = try visit.newMember(name: name, email: email, kind: "USER", key)
        return visit.change { writing in
            try People.add(new, writing)
            return Answer.object { answer in
                answer.text("message", "Successfully created user \(email)")
                // The key is shown only here; the administrator gives it to the member.
                answer.text("userToken", key.text)
            }
        }
    }

    private static let createServiceUser = Call(
        "createServiceUser", .one(.organization), .administrator, .points,
        takes: [.object("addedUser", [.text("name").required]).required] + beginning
    ) { visit in
        let user = try visit.request.object("addedUser", accepted: "an object with name")
        let name = try visit.request.text("name", in: user, of: "addedUser", accepted: "the name of the service")
        let key = UserKey(random: try visit.backend.random.bytes(32))
        let id = try visit.backend.random.uuid()
        let new = try visit.newMember(name: name, email: "\(id)@service.invalid", kind: "SERVICE", key)
        return visit.change { writing in
            try People.add(new, writing)
            return Answer.object { $0.text("userToken", key.text) }
        }
    }

    /// The call also accepts `email` in place of the old key, and `expires`, the expiry of the new key.
    private static let regenerateUserKey = Call(
        "regenerateUserKey", .one(.organization), .administrator, .points,
        takes: [.text("serviceUserKey"), .text("email"), .time("expires")]
    ) { visit in
        let (field, value) = try visit.request.text(
            oneOf: ["serviceUserKey", "email"], accepted: "the key that a new one replaces, or the user's address")
        let expires = try visit.request.timeIfAny("expires") ?? 0
        let key = UserKey(random: try visit.backend.random.bytes(32))
        return visit.change { writing in
            if field == "email" {
                try People.renew(
                    email: value, by: key.digest, expires: expires, writing)
            } else {
                let found = try People.renew(
                    keyDigest: UserKey(value).digest, by: key.digest, expires: expires, writing)
                // The value is a secret even if it is wrong, so it is left out.
                guard found else { throw APIError.notFound("…", of: field) }
            }
            return Answer.object { $0.text("userToken", key.text) }
        }
    }

    private static let removeUser = Call(
        "removeUserFromOrganization", .one(.organization), .administrator, .points,
        takes: [.object("user", [.text("email", as: "ada@example.org").required]).required]
    ) { visit in
        let user = try visit.request.object("user", accepted: "an object with email")
        let email = try visit.request.text("email", in: user, of: "user", accepted: "the address of a member")
        return visit.change(saying: "Successfully removed user \(email)") { writing in
            try People.remove(email: email, writing)
        }
    }

    private static let createGroup = Call(
        "createGroup", .one(.organization), .administrator, .points,
        takes: [.object("group", [.text("name").required, .text("description")]).required]
    ) { visit in
        let group = try visit.request.object("group", accepted: "an object with name and description")
        let name = try visit.request.text("name", in: group, of: "group", accepted: "the name of the new group")
        let text = group.text("description") ?? ""
        return visit.change(saying: "Successfully created group \(name)") { writing in
            try People.createGroup(
                name, description: text, writing)
        }
    }

    private static let addUsersToGroups = Call(
        "addUsersToGroups", .one(.organization), .administrator, .points, takes: [.any("assignedUsers").required]
    ) { visit in
        let accepted = #"a list of pairs [{"name": group}, [{"email": address}, …]]"#
        guard let field = visit.request["assignedUsers"] else {
            throw APIError.missing("assignedUsers", accepted: accepted)
        }
        // A single pair is accepted without a list.
        var pairs = field.elements
        if pairs.first?.text("name") != nil { pairs = [field] }
        let wanted = try pairs.map { pair in
            let parts = pair.elements
            guard parts.count == 2, let group = parts[0].text("name") else {
                throw APIError.badValue(pair.words.first ?? "", of: "assignedUsers", accepted: accepted)
            }
            return (group: group, emails: parts[1].elements.compactMap { $0.text("email") })
        }
        return visit.change(saying: "Successfully added users to groups") { writing in
            for (group, emails) in wanted {
                try People.add(
                    emails, toGroup: group, writing)
            }
        }
    }

    // MARK: Roles

    /// Not in Mend's API: sets the role of one member in the organization or in one product. Complete lists, which
    /// `setOrganizationAssignments` takes, would undo changes that others made since the list was read.
    private static let setRole = Call(
        "waybillSetRole", .one(.organization), .administrator, .points,
        takes: [
            .text("email", as: "ada@example.org").required, .words("role", roleWords).required, .text("productToken"),
        ]
    ) { visit in
        let email = try visit.request.text("email", accepted: "the address of a member")
        let accepted = roleWords.joined(separator: ", ")
        let word = try visit.request.text("role", accepted: accepted).uppercased()
        guard roleWords.contains(word) else { throw APIError.badValue(word, of: "role", accepted: accepted) }
        let product = try visit.productIfAny()
        return visit.change(saying: "Successfully set the role of \(email)") { writing in
            let organization = writing.scope.organization
            let scope = product.map { Scope(kind: .product, organization: organization, product: $0) }
            try People.setRole(Role(rawValue: word), email: email, scope.map(writing.moved) ?? writing)
        }
    }

    private static func assignments(_ name: String, _ kind: ScopeKind) -> Call {
        Call(name, .one(kind), .readOnly, .work) { visit in
            let found = try People.assignments(visit.scope, on: visit.connection)
            let people = found.filter { !$0.people.isEmpty }.map { (name: word($0.role), value: $0.people) }
            let groups = found.filter { !$0.groups.isEmpty }.map { (name: word($0.role), value: $0.groups) }
            return .answer(
                Answer.object { answer in
                    answer.map("userRoles", people) { answer, role, people in
                        answer.objects(named: role, people) { answer, person in
                            answer.text("name", person.name)
                            answer.text("email", person.email)
                        }
                    }
                    answer.map("groupRoles", groups) { answer, role, groups in
                        answer.objects(named: role, groups) { $0.text("name", $1) }
                    }
                })
        }
    }

    /// The role in Mend's words.
    private static func word(_ role: String) -> String { role == Role.administrator.rawValue ? "ADMIN" : role }

    private static func setting(_ name: String, _ kind: ScopeKind, _ roles: [(field: String, role: String)]) -> Call {
        Call(
            name, .one(kind), .administrator, .points,
            takes: roles.map { role in
                .object(
                    role.field,
                    [
                        .objects("userAssignments", [.text("email").required]),
                        .objects("groupAssignments", [.text("name").required]),
                    ])
            }
        ) { visit in
            var wanted: [(role: String, people: [String]?, groups: [String]?)] = []
            for (field, role) in roles {
                guard let given = visit.request[field] else { continue }
                func names(_ key: String, _ member: String) throws(APIError) -> [String]? {
                    guard let list = given[key] else { return nil }
                    var found: [String] = []
                    for element in list.elements {
                        guard let name = element.text(member) ?? element.word else {
                            throw .missing("\(field).\(key).\(member)", accepted: "a text")
                        }
                        found.append(name)
                    }
                    return found
                }
                var people = try names("userAssignments", "email")
                var groups = try names("groupAssignments", "name")
                // If all lists are empty, the role is removed. Clients also send empty lists beside one that names
                // somebody.
                if people == nil, groups == nil {
                    people = given.isEmptyList("userAssignments") ? [] : nil
                    groups = given.isEmptyList("groupAssignments") ? [] : nil
                }
                wanted.append((role, people, groups))
            }
            guard !wanted.isEmpty else {
                throw APIError.missing(
                    roles.map(\.field).joined(separator: " or "),
                    accepted: "an object with userAssignments and groupAssignments")
            }
            return visit.change(saying: "Successfully set the assignments") { [wanted] writing in
                for (role, people, groups) in wanted {
                    try People.set(
                        role, people: people, groups: groups, writing)
                }
            }
        }
    }
}

extension CallVisit {
    /// The product of the organization that `productToken` names; nil without this field.
    fileprivate func productIfAny() throws -> Int64? {
        let accepted = "the token of a product of the organization"
        guard let token = try request.textIfAny("productToken", accepted: accepted) else { return nil }
        guard let found = try Accounts.scope(.product, token: token, on: connection),
            found.organization == scope.organization
        else { throw APIError.refused }
        return found.product
    }

    /// Adds a new member with the role and the key that the request describes.
    fileprivate func newMember(
        name: String, email: String, kind: StaticString, _ key: UserKey
    ) throws -> People.NewMember {
        let word = try request.textIfAny("role", accepted: Call.roleWords.joined(separator: ", ")) ?? "NONE"
        guard Call.roleWords.contains(word.uppercased()) else {
            throw APIError.badValue(word, of: "role", accepted: Call.roleWords.joined(separator: ", "))
        }
        let role = Role(rawValue: word.uppercased())
        let product = try productIfAny() ?? 0
        let new = NewKey(
            key.digest, scopes: try request.keyScopes() ?? .all, expires: try request.timeIfAny("expires") ?? 0)
        return .init(name: name, email: email, kind: kind, key: new, role: role, product: product)
    }
}

extension JSONWriter {
    fileprivate mutating func person(_ person: Person) {
        number("id", person.id)
        text("name", person.name)
        text("email", person.email)
    }
}
