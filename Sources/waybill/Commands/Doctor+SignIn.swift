import API
import Database
import OpenID
import Service

extension Doctor {
    /// Whether the file of issuers fits the people who have signed in, and its names lead somewhere.
    func signIn() throws -> (message: String, isWarning: Bool) {
        let settings = try configuration.signIn()
        let database = try configuration.databaseURL().open()
        defer { database.close() }
        guard case .current = try database.schemaState() else {
            return ("can be looked at when the schema is up to date", false)
        }
        let issuers = settings?.issuers ?? []
        let (people, lost, removed) = try database.read { connection in
            (
                try Identities.people(on: connection),
                try issuers.flatMap { issuer in
                    try issuer.namesWithoutPlace(on: connection).map { "\($0) (\(issuer.id))" }
                },
                try issuers.compactMap { issuer -> String? in
                    let reach = try issuer.reach(on: connection)
                    guard reach.isWhole else { return nil }
                    let outside = try Identities.accounts(of: issuer.url, outside: reach, on: connection)
                    return outside.isEmpty
                        ? nil : "\(counted(Int64(outside.count), "person", "people")) of \(issuer.id)"
                }
            )
        }
        let words = people.map { "\(counted($0.count, "person", "people")) of \($0.issuer)" }.joined(separator: ", ")
        guard settings != nil else {
            guard !people.isEmpty else { return ("nobody signs in with an issuer", false) }
            return (
                """
                rights that issuers gave: \(words); no file of issuers is named to compare them with: use --sign-in, or \
                sign-in in the settings; a file with "issuers": [] ends these rights
                """, true
            )
        }
        var troubles: [String] = []
        if !lost.isEmpty {
            troubles.append(
                "names that lead to no organization or product, or to several, and give nothing: \(lost.joined(separator: ", "))"
            )
        }
        if !removed.isEmpty {
            troubles.append(
                """
                rights in organizations that the file does not give to the issuer end at the next start: \
                \(removed.joined(separator: ", "))
                """)
        }
        let known = Set(issuers.map(\.url))
        for (url, count) in people where !known.contains(url) {
            troubles.append(
                """
                rights of \(counted(count, "person", "people")) of \(url) end at the next start, as the file does not name it: \
                if that is not wanted, put the issuer back exactly as it was
                """)
        }
        guard troubles.isEmpty else { return (troubles.joined(separator: "; "), true) }
        return ("\(counted(issuers.count, "issuer"))\(people.isEmpty ? "" : ": \(words)")", false)
    }
}
