import Bytes

// DESIGN. Issuers have lists and tables, which lines of `name = value` cannot express, so they have a separate JSON file. An
// unknown member is an error, because a misspelt one must not count as a setting.

/// The issuers that people may sign in with, from the file of `--sign-in`.
package struct SignInSettings: Sendable, Equatable {
    /// The address of this server in browsers.
    package let address: String
    package let issuers: [Issuer]

    /// The fault in the file.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private static let issuerLimit = 50
    private static let ruleLimit = 1000
    private static let textLimit = 500
    /// Ten years.
    private static let dayLimit = 3650

    package init(address: String, issuers: [Issuer]) {
        self.address = address
        self.issuers = issuers
    }

    /// Reads the file.
    ///
    /// - Parameter secret: returns the secret in a file, by its path.
    package init(_ bytes: [UInt8], secret: (String) throws(Fault) -> String) throws(Fault) {
        let file: ClaimSet
        do throws(TokenFault) {
            file = try ClaimSet(bytes)
        } catch {
            throw Fault(description: "it is no JSON object: \(error)")
        }
        let top = Section(file.members, "the file")
        try top.allow("address", "issuers")
        let address = try top.needed("address")
        guard let origin = WebOrigin(of: address), origin.rest.isEmpty || origin.rest == "/" else {
            throw Fault(
                description: """
                    address is "\(address.prefix(200))"; accepted: that of this server, as https://waybill.example.com, \
                    without a path (http only for localhost)
                    """)
        }
        self.address = "\(origin)"
        let sections = try top.sections("issuers")
        guard sections.count <= Self.issuerLimit else {
            throw Fault(description: "issuers has \(sections.count) elements; accepted: at most \(Self.issuerLimit)")
        }
        var issuers: [Issuer] = []
        for section in sections {
            let issuer = try Self.issuer(section, secret)
            guard !issuers.contains(where: { $0.id == issuer.id }) else {
                throw Fault(description: "two issuers have the id \(issuer.id)")
            }
            // Issuer and subject identify one account, whose roles cannot follow from two tables.
            guard !issuers.contains(where: { $0.url == issuer.url }) else {
                throw Fault(
                    description: """
                        two issuers have the address \(issuer.url); accepted: one with all its organizations, whose \
                        rules name theirs
                        """)
            }
            issuers.append(issuer)
        }
        self.issuers = issuers
    }

    private static func issuer(
        _ section: Section, _ secret: (String) throws(Fault) -> String
    ) throws(Fault) -> Issuer {
        try section.allow(
            "id", "name", "issuer", "client", "secretFile", "scopes", "trust", "origins", "organizations", "groups",
            "closeWithoutGroups", "linkByEmail", "signInWithinDays", "mapping")
        let id = try section.needed("id")
        let isID =
            id.utf8.count <= 40 && id.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) }
        guard isID else {
            throw Fault(
                description: "the id of an issuer is \"\(id.prefix(100))\"; accepted: a-z, 0-9 and -, at most 40")
        }
        let url = try section.needed("issuer")
        guard WebOrigin(of: url) != nil, !url.contains("?") else {
            throw Fault(
                description:
                    "issuer of \(id) is \"\(url.prefix(200))\"; accepted: an https address (http only for localhost)")
        }
        let organizations = try section.texts("organizations") ?? []
        guard !organizations.isEmpty else { throw Fault(description: "organizations of \(id) is missing or empty") }
        var issuer = Issuer(
            id: id, name: try section.text("name") ?? id, url: url, client: try section.needed("client"),
            organizations: organizations)
        if let path = try section.text("secretFile") { issuer.secret = try secret(path) }
        if let scopes = try section.texts("scopes") {
            guard scopes.contains("openid"), scopes.allSatisfy({ !$0.contains(" ") }) else {
                throw Fault(description: "scopes of \(id) has no openid, or one with a blank in it")
            }
            issuer.scopes = scopes
        }
        issuer.trusted = try section.text("trust")
        issuer.origins = try section.texts("origins") ?? []
        for origin in issuer.origins where WebOrigin(of: origin)?.rest.isEmpty != true {
            throw Fault(
                description: "origins of \(id) has \"\(origin.prefix(200))\"; accepted: https://HOST, without a path")
        }
        issuer.groupsClaim = try section.text("groups") ?? issuer.groupsClaim
        issuer.linksByEmail = try section.flag("linkByEmail") ?? false
        issuer.closesWithoutGroups = try section.flag("closeWithoutGroups") ?? false
        issuer.signInWithinDays =
            try section.number("signInWithinDays", in: 0...dayLimit) ?? issuer.signInWithinDays
        issuer.rules = try section.has("mapping") ? rules(section, of: issuer) : nil
        return issuer
    }

    private static func rules(_ section: Section, of issuer: Issuer) throws(Fault) -> [GroupRule] {
        let sections = try section.sections("mapping")
        guard sections.count <= ruleLimit else {
            throw Fault(
                description: "mapping of \(issuer.id) has \(sections.count) rules; accepted: at most \(ruleLimit)")
        }
        var rules: [GroupRule] = []
        for section in sections {
            try section.allow("group", "role", "product", "organization")
            let organization = try section.text("organization") ?? ""
            guard organization.isEmpty ? issuer.organizations.count == 1 : issuer.organizations.contains(organization)
            else {
                throw Fault(
                    description: """
                        a rule of \(issuer.id) has the organization "\(organization.prefix(100))"; accepted: one of \
                        \(issuer.organizations.joined(separator: ", "))
                        """)
            }
            rules.append(
                GroupRule(
                    group: try section.needed("group"), role: try section.needed("role"),
                    product: try section.text("product") ?? "", organization: organization))
        }
        return rules
    }

    /// An object of the file.
    private struct Section {
        let members: [String: Claim]
        let place: String

        init(_ members: [String: Claim], _ place: String) {
            self.members = members
            self.place = place
        }

        func has(_ name: String) -> Bool { members[name] != nil }

        func allow(_ names: String...) throws(Fault) {
            for name in members.keys.sorted() where !names.contains(name) {
                throw Fault(
                    description: "\(place) has \"\(name.prefix(100))\"; accepted: \(names.joined(separator: ", "))")
            }
        }

        func text(_ name: String) throws(Fault) -> String? {
            guard let member = members[name] else { return nil }
            guard let text = member.text, !text.isEmpty, text.utf8.count <= SignInSettings.textLimit else {
                throw Fault(description: "\(name) of \(place) is no text of 1 to \(SignInSettings.textLimit) bytes")
            }
            return text
        }

        func needed(_ name: String) throws(Fault) -> String {
            guard let text = try text(name) else { throw Fault(description: "\(name) of \(place) is missing") }
            return text
        }

        func texts(_ name: String) throws(Fault) -> [String]? {
            guard let member = members[name] else { return nil }
            guard let texts = member.texts, texts.allSatisfy({ !$0.isEmpty }) else {
                throw Fault(description: "\(name) of \(place) is no list of texts")
            }
            return texts
        }

        func flag(_ name: String) throws(Fault) -> Bool? {
            guard let member = members[name] else { return nil }
            guard case .flag(let value) = member else {
                throw Fault(description: "\(name) of \(place) is no true or false")
            }
            return value
        }

        func number(_ name: String, in range: ClosedRange<Int>) throws(Fault) -> Int? {
            guard let member = members[name] else { return nil }
            guard case .number(let text) = member, let number = NumberText.whole(text, in: range) else {
                throw Fault(
                    description:
                        "\(name) of \(place) is no whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        func sections(_ name: String) throws(Fault) -> [Section] {
            guard case .list(let elements) = members[name] else {
                throw Fault(description: "\(name) of \(place) is no list of objects")
            }
            var sections: [Section] = []
            for element in elements {
                guard case .object(let members) = element else {
                    throw Fault(description: "\(name) of \(place) is no list of objects")
                }
                sections.append(Section(members, members["id"]?.text.map { "issuer \($0)" } ?? "an element of \(name)"))
            }
            return sections
        }
    }
}
