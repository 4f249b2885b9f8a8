package import Database
package import OpenID

extension Issuer {
    /// The rights that an issuer can give, by the operator's file or, if the file has no mapping, by the tables of the
    /// organizations.
    ///
    /// Names without an organization or product, or with several, are left out, so they give no rights.
    package func reach(on connection: any Connection) throws -> IssuerReach {
        var places: [String: Int64] = [:]
        for organization in organizations {
            places[organization] = try Self.organization(organization, on: connection)
        }
        var found: [MappingRule] = []
        if let rules {
            for rule in rules {
                guard let role = Role(rawValue: rule.role),
                    let organization = places[rule.organization.isEmpty ? organizations[0] : rule.organization],
                    let product = try Self.product(rule.product, in: organization, on: connection)
                else { continue }
                found.append(
                    MappingRule(group: rule.group, role: role, organization: organization, product: product))
            }
        } else {
            for organization in places.values.sorted() {
                found += try SignInMapping.list(issuer: id, organization: organization, on: connection)
            }
        }
        var reach = IssuerReach(
            name: id, organizations: Array(Set(places.values)), rules: found, linksByEmail: linksByEmail)
        reach.closesWithoutGroups = closesWithoutGroups
        reach.isWhole = organizations.allSatisfy { places[$0] != nil }
        return reach
    }

    /// Names in the operator's file that match no organization or product, or several, for the log.
    package func namesWithoutPlace(on connection: any Connection) throws -> [String] {
        var names: [String] = []
        var places: [String: Int64] = [:]
        for name in organizations {
            if let id = try Self.organization(name, on: connection) { places[name] = id } else { names.append(name) }
        }
        for rule in rules ?? [] {
            guard let organization = places[rule.organization.isEmpty ? organizations[0] : rule.organization] else {
                continue
            }
            if try Self.product(rule.product, in: organization, on: connection) == nil { names.append(rule.product) }
        }
        return names
    }

    private static func organization(_ text: String, on connection: any Connection) throws -> Int64? {
        let found = try connection.all(
            "SELECT id FROM organization WHERE token = \(text) OR name = \(text) ORDER BY id LIMIT 2"
        ) { $0.integer(0) }
        return found.count == 1 ? found[0] : nil
    }

    /// 0 for the whole organization, which the file gives no name.
    private static func product(
        _ name: String, in organization: Int64, on connection: any Connection
    ) throws -> Int64? {
        if name.isEmpty { return 0 }
        return try connection.integer(
            "SELECT id FROM product WHERE organization = \(organization) AND name = \(name)")
    }
}
