import API
import Bytes
import Database
import Service

// DESIGN. The operator does on the database itself the work that an administrator does by calls of a server: for people who are
// locked out, and for an organization whose administrators are. The same code keeps the same rules; the author in the change
// log is then SYSTEM.

extension Command {
    private static let emailFlag = Flag("email", "EMAIL", "the user's address", required: true)
    private static let roleWords = "ADMINISTRATOR, MEMBER, READ_ONLY or NONE"
    private static let product = Flag("product", "TOKEN", "the product's token or name, for a role there alone")

    static let userList = Command(
        words: ["user", "list"], operands: "", summary: "Lists the users of an organization with their roles.",
        flags: [.org] + Flag.remote
    ) { arguments, configuration in
        let office = try configuration.office()
        if arguments.has("json") {
            let members = try office.members()
            return print(JSONWriter.object { $0.objects("users", members) { $0.member($1) } })
        }
        let listed = try office.items(.users, in: try office.organization(), limit: office.listLimit, email: nil)
        for user in listed.items { say("\(user.text(0))  \(user.text(1))  \(user.text(3))  keys: \(user.text(4))") }
        if listed.hasMore { complain("there are more\n") }
    }

    static let userAdd = Command(
        words: ["user", "add"], operands: "", summary: "Makes a user of an organization, and prints the key.",
        flags: [
            .org, emailFlag, Flag("name", "NAME", "the user's name"),
            Flag("role", "ROLE", "\(roleWords) (NONE)"), product,
            Flag("scopes", "WORDS", "what the key is for: READ, SUBMIT, UPLOAD, ADMINISTER, between commas (all)"),
            Flag("expires", "TIME", "when the key ends, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, UTC (never)"),
        ] + Flag.remote
    ) { arguments, configuration in
        let (role, rights) = (try configuration.role(), try configuration.rights())
        let (office, email) = (try configuration.office(), try configuration.required("email"))
        let member = WantedMember(
            email: email, name: configuration["name"] ?? "", role: role,
            product: try office.product(configuration["product"]), rights: rights)
        show(key: try office.add(member), of: email, arguments)
    }

    static let userRemove = Command(
        words: ["user", "remove"], operands: "", summary: "Takes a user's roles, groups and keys away.",
        flags: [.org, emailFlag, .yes] + Flag.remote
    ) { arguments, configuration in
        let (office, email) = (try configuration.office(), try configuration.required("email"))
        try confirmAtTerminal("Remove the user \(email) with roles and keys?", isSure: arguments.has("yes"))
        try office.remove(email: email)
        show("removed \(email)", arguments)
    }

    static let userRole = Command(
        words: ["user", "role"], operands: "",
        summary: "Gives a user one role in place of others, in the organization or in one product.",
        flags: [.org, emailFlag, Flag("role", "ROLE", roleWords, required: true), product] + Flag.remote
    ) { arguments, configuration in
        let role = try configuration.role()
        let (office, email) = (try configuration.office(), try configuration.required("email"))
        try office.setRole(role, of: email, in: try office.product(configuration["product"]))
        show("\(email) is \(role?.rawValue ?? "NONE")", arguments)
    }

    // MARK: Keys

    private static let keyName = Flag("name", "NAME", "the key's name", required: true)

    static let keyList = Command(
        words: ["key", "list"], operands: "",
        summary: "Lists the keys of a user; the keys themselves are kept nowhere.",
        flags: [.org, emailFlag] + Flag.remote
    ) { arguments, configuration in
        let (office, email) = (try configuration.office(), try configuration.required("email"))
        let keys = try office.keys(of: email)
        if arguments.has("json") {
            print(JSONWriter.object { $0.objects("keys", keys) { $0.key($1) } })
        } else {
            for key in keys {
                let end = key.expires == 0 ? "never ends" : "ends \(TimeText.time(key.expires))"
                let use = key.used == 0 ? "never used" : "last used \(TimeText.time(key.used))"
                say("\(key.name)  \(key.scopes.words.joined(separator: ","))  \(end)  \(use)")
            }
        }
    }

    static let keyCreate = Command(
        words: ["key", "create"], operands: "", summary: "Makes one more key of a user, and prints it.",
        flags: [
            .org, emailFlag, keyName,
            Flag("scopes", "WORDS", "what it is for: READ, SUBMIT, UPLOAD, ADMINISTER, between commas (all)"),
            Flag("expires", "TIME", "when it ends, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, UTC (never)"),
        ] + Flag.remote
    ) { arguments, configuration in
        let (name, rights) = (try configuration.required("name"), try configuration.rights())
        let (office, email) = (try configuration.office(), try configuration.required("email"))
        show(key: try office.addKey(named: name, rights, to: email), of: email, arguments)
    }

    static let keyRenew = Command(
        words: ["key", "renew"], operands: "",
        summary: "Puts another key in the place of one, and prints it: for a user who lost it.",
        flags: [
            .org, emailFlag, Flag("name", "NAME", "the key's name (the first one)"),
            Flag("expires", "TIME", "when the new one ends, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, UTC (never)"),
        ] + Flag.remote
    ) { arguments, configuration in
        let expires = try configuration.expires()
        let (office, email) = (try configuration.office(), try configuration.required("email"))
        show(key: try office.renewKey(named: configuration["name"], of: email, until: expires), of: email, arguments)
    }

    static let keyRevoke = Command(
        words: ["key", "revoke"], operands: "", summary: "Ends a key of a user at once.",
        flags: [.org, emailFlag, keyName, .yes] + Flag.remote
    ) { arguments, configuration in
        let (office, email) = (try configuration.office(), try configuration.required("email"))
        let name = try configuration.required("name")
        try confirmAtTerminal("Revoke the key \(name) of \(email)?", isSure: arguments.has("yes"))
        try office.revokeKey(named: name, of: email)
        show("revoked \(name) of \(email)", arguments)
    }

    private static func show(_ text: String, _ arguments: Arguments) {
        print(arguments.has("json") ? JSONWriter.object { $0.text("message", text) } : text)
    }

    private static func show(key: String, of email: String, _ arguments: Arguments) {
        if arguments.has("json") {
            return print(
                JSONWriter.object { object in
                    object.text("email", email)
                    object.text("userKey", key)
                })
        }
        print("userKey      \(key)\n\nThe key is shown only here: keep it.")
    }
}

extension Office {
    /// The product with this token or name; nil where none is named.
    fileprivate func product(_ wanted: String?) throws -> NamedPlace? {
        try wanted.map { try place(named: $0, in: organization(), kinds: [.product]) }
    }
}

extension Configuration {
    fileprivate func rights() throws(UsageError) -> KeyRights {
        KeyRights(scopes: try scopes(), expires: try expires())
    }

    fileprivate func role() throws(UsageError) -> Role? {
        guard let word = self["role"], word.uppercased() != "NONE" else { return nil }
        guard let role = Role(rawValue: word.uppercased()) else {
            throw UsageError(description: "--role is \(word); accepted: ADMINISTRATOR, MEMBER, READ_ONLY, NONE")
        }
        return role
    }

    fileprivate func scopes() throws(UsageError) -> KeyScopes {
        guard let text = self["scopes"] else { return .all }
        guard let scopes = KeyScopes(words: text.split(separator: ",").map { String($0).trimmingBlanks() }) else {
            let words = KeyScopes.allWords.joined(separator: ", ")
            throw UsageError(description: "--scopes is \(text); accepted: \(words), between commas")
        }
        return scopes
    }

    fileprivate func expires() throws(UsageError) -> Int64 {
        guard let text = self["expires"] else { return 0 }
        guard let time = TimeText.milliseconds(text) else {
            throw UsageError(description: "--expires is \(text); accepted: yyyy-MM-dd or yyyy-MM-dd HH:mm:ss (UTC)")
        }
        return time
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ member: Member) {
        number("id", member.person.id)
        text("name", member.person.name)
        text("email", member.person.email)
        text("kind", member.kind)
        text("role", member.role?.rawValue ?? "NONE")
        objects("productRoles", member.productRoles) { object, entry in
            object.text("product", entry.product)
            object.text("role", entry.role.rawValue)
        }
        number("keys", member.keys)
        if member.signedIn > 0 { time("lastSignIn", member.signedIn) }
    }

    fileprivate mutating func key(_ key: KeyRecord) {
        text("name", key.name)
        texts("scopes", key.scopes.words)
        time("created", key.created)
        if key.expires != 0 { time("expires", key.expires) }
        if key.used != 0 { time("lastUsed", key.used) }
    }
}
