import API
import Bytes
import Database
import Service

// DESIGN. What an administrator does by calls, the operator does on the database itself: for people who are locked out, and for
// an organization whose administrators are. The same code keeps the same rules; the author in the change log is SYSTEM.

extension Command {
    private static let emailFlag = Flag("email", "EMAIL", "the user's address", required: true)
    private static let roleWords = "ADMINISTRATOR, MEMBER, READ_ONLY or NONE"
    private static let product = Flag("product", "TOKEN", "the product's token or name, for a role there alone")

    static let userList = Command(
        words: ["user", "list"], operands: "", summary: "Lists the users of an organization with their roles.",
        flags: [.org]
    ) { arguments, configuration in
        let office = try Office(configuration)
        let users = try office.runtime.database.snapshot { try Member.list(office.scope, on: $0) }
        if arguments.has("json") {
            print(JSONWriter.object { $0.objects("users", users) { $0.member($1) } })
        } else {
            for user in users {
                say("\(user.person.email)  \(user.person.name)  \(user.rolesText)  keys: \(user.keys)")
            }
        }
    }

    static let userAdd = Command(
        words: ["user", "add"], operands: "", summary: "Makes a user of an organization, and prints the key.",
        flags: [
            .org, emailFlag, Flag("name", "NAME", "the user's name"),
            Flag("role", "ROLE", "\(roleWords) (NONE)"), product,
            Flag("scopes", "WORDS", "what the key is for: READ, SUBMIT, UPLOAD, ADMINISTER, between commas (all)"),
            Flag("expires", "TIME", "when the key ends, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, UTC (never)"),
        ]
    ) { arguments, configuration in
        let office = try Office(configuration)
        let (email, secret) = (try configuration.required("email"), try UserKey.new())
        let new = People.NewMember(
            name: configuration["name"] ?? "", email: email, kind: "USER",
            key: NewKey(secret.digest, scopes: try configuration.scopes(), expires: try configuration.expires()),
            role: try configuration.role(), product: try office.product(configuration["product"]))
        try office.change { try People.add(new, $0) }
        show(secret, of: email, arguments)
    }

    static let userRemove = Command(
        words: ["user", "remove"], operands: "", summary: "Takes a user's roles, groups and keys away.",
        flags: [.org, emailFlag, .yes]
    ) { arguments, configuration in
        let (office, email) = (try Office(configuration), try configuration.required("email"))
        try confirmAtTerminal("Remove the user \(email) with roles and keys?", isSure: arguments.has("yes"))
        try office.change { try People.remove(email: email, $0) }
        show("removed \(email)", arguments)
    }

    static let userRole = Command(
        words: ["user", "role"], operands: "",
        summary: "Gives a user one role in place of others, in the organization or in one product.",
        flags: [.org, emailFlag, Flag("role", "ROLE", roleWords, required: true), product]
    ) { arguments, configuration in
        let (office, email) = (try Office(configuration), try configuration.required("email"))
        let (role, product) = (try configuration.role(), try office.product(configuration["product"]))
        try office.change { writing in
            let place = product == 0 ? writing : writing.moved(to: office.scope(ofProduct: product))
            try People.setRole(role, email: email, place)
        }
        show("\(email) is \(role?.rawValue ?? "NONE")", arguments)
    }

    // MARK: Keys

    private static let keyName = Flag("name", "NAME", "the key's name", required: true)

    static let keyList = Command(
        words: ["key", "list"], operands: "",
        summary: "Lists the keys of a user; the keys themselves are kept nowhere.",
        flags: [.org, emailFlag]
    ) { arguments, configuration in
        let (office, email) = (try Office(configuration), try configuration.required("email"))
        let keys = try office.runtime.database.read { connection in
            try Keys.list(
                account: try People.user(email, in: office.scope.organization, on: connection).id, on: connection)
        }
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
        ]
    ) { arguments, configuration in
        let (office, email) = (try Office(configuration), try configuration.required("email"))
        let secret = try UserKey.new()
        let new = NewKey(
            secret.digest, name: try configuration.required("name"), scopes: try configuration.scopes(),
            expires: try configuration.expires())
        try office.change { writing in
            let person = try People.user(email, in: writing.scope.organization, on: writing.connection)
            _ = try Keys.add(new, to: person, writing)
        }
        show(secret, of: email, arguments)
    }

    static let keyRenew = Command(
        words: ["key", "renew"], operands: "",
        summary: "Puts another key in the place of one, and prints it: for a user who lost it.",
        flags: [
            .org, emailFlag, Flag("name", "NAME", "the key's name (the first one)"),
            Flag("expires", "TIME", "when the new one ends, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, UTC (never)"),
        ]
    ) { arguments, configuration in
        let (office, email) = (try Office(configuration), try configuration.required("email"))
        let (secret, expires) = (try UserKey.new(), try configuration.expires())
        let name = configuration["name"]
        try office.change { writing in
            guard let name else { return try People.renew(email: email, by: secret.digest, expires: expires, writing) }
            let person = try People.user(email, in: writing.scope.organization, on: writing.connection)
            try Keys.renew(.name(name), of: person, by: secret.digest, expires: expires, writing)
        }
        show(secret, of: email, arguments)
    }

    static let keyRevoke = Command(
        words: ["key", "revoke"], operands: "", summary: "Ends a key of a user at once.",
        flags: [.org, emailFlag, keyName, .yes]
    ) { arguments, configuration in
        let (office, email) = (try Office(configuration), try configuration.required("email"))
        let name = try configuration.required("name")
        try confirmAtTerminal("Revoke the key \(name) of \(email)?", isSure: arguments.has("yes"))
        try office.change { writing in
            let person = try People.user(email, in: writing.scope.organization, on: writing.connection)
            try Keys.revoke(.name(name), of: person, writing)
        }
        show("revoked \(name) of \(email)", arguments)
    }

    private static func show(_ text: String, _ arguments: Arguments) {
        print(arguments.has("json") ? JSONWriter.object { $0.text("message", text) } : text)
    }

    private static func show(_ key: UserKey, of email: String, _ arguments: Arguments) {
        if arguments.has("json") {
            return print(
                JSONWriter.object { object in
                    object.text("email", email)
                    object.text("userKey", key.text)
                })
        }
        print("userKey      \(key.text)\n\nThe key is shown only here: keep it.")
    }
}

/// The organization that a command is about.
private struct Office {
    let runtime: Runtime
    let scope: Scope

    init(_ configuration: Configuration) throws {
        runtime = try Runtime(existing: configuration)
        scope = Scope(kind: .organization, organization: try runtime.organization(named: configuration["org"]))
    }

    /// Changes something in the operator's name.
    func change(_ body: @escaping @Sendable (Writing) throws -> Void) throws {
        let (scope, time) = (scope, Clock.now())
        try runtime.database.write { try body(Writing(in: scope, by: .system, at: time, on: $0)) }
    }

    /// The product with this token or name; 0 where none is named.
    func product(_ wanted: String?) throws -> Int64 {
        guard let wanted else { return 0 }
        return try runtime.scope(named: wanted, in: scope.organization, kinds: [.product]).product
    }

    func scope(ofProduct product: Int64) -> Scope {
        Scope(kind: .product, organization: scope.organization, product: product)
    }
}

extension Configuration {
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

extension UserKey {
    /// A new key.
    fileprivate static func new() throws -> UserKey { UserKey(random: try Randomness.system.bytes(32)) }
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
    }

    fileprivate mutating func key(_ key: KeyRecord) {
        text("name", key.name)
        texts("scopes", key.scopes.words)
        time("created", key.created)
        if key.expires != 0 { time("expires", key.expires) }
        if key.used != 0 { time("lastUsed", key.used) }
    }
}
