import Bytes
import Database
import HTTP
import Jobs

// Not in Mend's API: the keys of a person. Users manage their own keys; administrators may name a member by `email`.

extension Call {
    static let keys: [Call] = [allKeys, addKey, renewKey, revokeKey]

    private static let keyName = Parameter.text("keyName", as: "ci").required
    private static let email = Parameter.text("email", as: "ada@example.org")

    private static let allKeys = Call(
        "waybillGetKeys", .one(.organization), .readOnly, .points, keys: .all, takes: [email]
    ) { visit in
        let account = try visit.keyOwner()
        let found = try Keys.list(account: account, on: visit.connection)
        let shown = visit.access.key?.id
        return .answer(
            Answer.object { answer in
                answer.objects("keys", found) { answer, key in
                    answer.number("keyId", key.id)
                    answer.text("keyName", key.name)
                    answer.texts("scopes", key.scopes.words)
                    answer.time("created", key.created)
                    if key.expires != 0 { answer.time("expires", key.expires) }
                    if key.used != 0 { answer.time("lastUsed", key.used) }
                    answer.flag("isThisKey", key.id == shown)
                }
            })
    }

    /// Only a key that administers may make keys; any other could make a new key that outlives its own revocation.
    private static let addKey = Call(
        "waybillAddKey", .one(.organization), .readOnly, .points, keys: .administer,
        takes: [keyName, .texts("scopes"), .time("expires"), email]
    ) { visit in
        let name = try visit.request.text("keyName", accepted: "a name that no other key of the user has")
        let scopes = try visit.request.keyScopes() ?? .all
        let expires = try visit.request.timeIfAny("expires") ?? 0
        let account = try visit.keyOwner()
        let key = UserKey(random: try visit.backend.random.bytes(32))
        return visit.change { writing in
            let person = try person(account, writing)
            let id = try Keys.add(
                NewKey(key.digest, name: name, scopes: scopes, expires: expires), to: person, writing)
            return Answer.object { answer in
                answer.number("keyId", id)
                // The key is shown only here.
                answer.text("userToken", key.text)
            }
        }
    }

    private static let renewKey = Call(
        "waybillRenewKey", .one(.organization), .readOnly, .points, keys: .all,
        takes: [keyName, .time("expires"), email]
    ) { visit in
        let account = try visit.keyOwner()
        let choice = try visit.keyChoice()
        let expires = try visit.end(of: visit.access.key)
        let key = UserKey(random: try visit.backend.random.bytes(32))
        return visit.change { writing in
            try Keys.renew(choice, of: try person(account, writing), by: key.digest, expires: expires, writing)
            return Answer.object { $0.text("userToken", key.text) }
        }
    }

    private static let revokeKey = Call(
        "waybillRevokeKey", .one(.organization), .readOnly, .points, keys: .all,
        takes: [keyName, email]
    ) { visit in
        let account = try visit.keyOwner()
        let choice = try visit.keyChoice()
        return visit.change(saying: "Successfully revoked the key") { writing in
            try Keys.revoke(choice, of: try person(account, writing), writing)
        }
    }

    private static func person(_ account: Int64, _ writing: Writing) throws -> Person {
        guard let person = try People.account(account, on: writing.connection) else {
            throw PeopleError.unknownUser("\(account)")
        }
        return person
    }

    /// The values of the field for scopes.
    static let scopesAccepted = "a list of \(KeyScopes.allWords.joined(separator: ", "))"
}

extension Request {
    /// The scopes of a key; nil when the request names none.
    func keyScopes() throws(APIError) -> KeyScopes? {
        guard self["scopes"] != nil else { return nil }
        let words = try texts("scopes", accepted: Call.scopesAccepted)
        guard let scopes = KeyScopes(words: words) else {
            throw .badValue(words.joined(separator: ","), of: "scopes", accepted: Call.scopesAccepted)
        }
        return scopes
    }
}

extension CallVisit {
    private var isAdministering: Need { Need(.administrator, with: .administer, for: "the key of another user") }

    /// The account whose keys a call changes: that of `email`, which only administrators may send, or the user's own.
    func keyOwner() throws -> Int64 {
        guard let email = try request.textIfAny("email", accepted: "the address of a member") else {
            return access.standing.account
        }
        if email == access.standing.email { return access.standing.account }
        try access.require(isAdministering, inProduct: nil)
        return try People.user(email, in: scope.organization, on: connection).id
    }

    /// The key that a call names. Only a key that administers may name a key other than itself.
    fileprivate func keyChoice() throws -> KeyChoice {
        let name = try request.text("keyName", accepted: "the name of a key, as waybillGetKeys shows it")
        let owner = try keyOwner()
        let isShown =
            try owner == access.standing.account
            && Keys.find(.name(name), account: owner, on: connection)?.id == access.key?.id
        if !isShown { try access.require(Need(.readOnly, with: .administer, for: "another key")) }
        return .name(name)
    }

    /// The expiry of a key after a renewal; 0 for none. A key that expires and cannot administer may not make a key
    /// that lives longer than itself.
    fileprivate func end(of shown: HeldKey?) throws -> Int64 {
        let wanted = try request.timeIfAny("expires") ?? 0
        guard let shown, !shown.scopes.contains(.administer),
            let own = try Keys.find(.id(shown.id), account: access.standing.account, on: connection), own.expires != 0
        else { return wanted }
        let latest = backend.queue.now() + (own.expires - own.created)
        guard wanted != 0 else { return latest }
        guard wanted <= latest else {
            throw APIError.badValue(
                TimeText.time(wanted), of: "expires", accepted: "no later than \(TimeText.time(latest)) with this key")
        }
        return wanted
    }
}
