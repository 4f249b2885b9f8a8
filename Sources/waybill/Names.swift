import Bytes
import Database
import Glibc
import Service

// DESIGN. On the command line a name may replace a token, because the operator may see everything, and nobody types 64
// digits. A token has 64 hexadecimal characters and is never looked up as a name.

extension Flag {
    /// The organization of a command.
    static let org = Flag("org", "TOKEN", "the organization's token or name (the only one)")
}

extension Runtime {
    /// Opens existing data only: a command that reads or imports makes no database.
    ///
    /// - Parameter level: the least level of the log, unless the settings give one.
    init(existing configuration: Configuration, logLevel level: Log.Level = .info) throws {
        try configuration.requireDatabase()
        try self.init(configuration, logLevel: level)
    }

    /// The organization with this token or name; where none is named, the only one.
    func organization(named wanted: String?) throws -> Int64 {
        let all = try database.read { connection in
            try connection.all("SELECT id, token, name FROM organization ORDER BY id") { row in
                Entity(id: row.integer(0), token: row.string(1), name: row.string(2))
            }
        }
        return try Naming.organization(
            wanted, among: all, at: "in this database", orElse: "there is no organization yet; waybill init makes one"
        ).id
    }

    /// The organization, product or project with this token or name: `Shop`, `Shop/Cart`, `Example Corp/Shop/Cart`. A name that
    /// several kinds have means the widest kind.
    ///
    /// - Parameter kinds: the allowed kinds, the widest first.
    func scope(
        named wanted: String, in organization: Int64? = nil, kinds: [ScopeKind] = ScopeKind.allCases
    ) throws -> Scope {
        let known = try database.snapshot { connection -> [Scope] in
            for kind in kinds {
                let found = try Self.scopes(kind, named: wanted, in: organization, on: connection)
                if !found.isEmpty { return found }
            }
            return []
        }
        guard let first = known.first else {
            let names = try database.snapshot { try Self.names(of: kinds, in: organization, on: $0) }
            throw Naming.unknown(wanted, kinds, at: "in this database", among: names)
        }
        guard known.count == 1 else { throw Naming.ambiguous(wanted, known.count, first.kind) }
        return first
    }

    /// The token of a product or project.
    func token(of scope: Scope) throws -> String {
        let token = try database.read { connection in
            try connection.first(
                scope.project != 0
                    ? "SELECT token FROM project WHERE id = \(scope.project)"
                    : "SELECT token FROM product WHERE id = \(scope.product)"
            ) { $0.string(0) }
        }
        guard let token else { throw Failure("the \(scope.kind.rawValue) was deleted meanwhile") }
        return token
    }

    /// At most two of each kind.
    private static func scopes(
        _ kind: ScopeKind, named wanted: String, in organization: Int64?, on connection: any Connection
    ) throws -> [Scope] {
        if Naming.isToken(wanted) {
            let scope = try Accounts.scope(kind, token: wanted, on: connection)
            return [scope].compactMap { $0 }.filter { organization == nil || $0.organization == organization }
        }
        let within: SQL = organization.map { "AND o.id = \($0)" } ?? ""
        let query: SQL =
            switch kind {
            case .organization: "SELECT o.id, 0, 0 FROM organization o WHERE o.name = \(wanted) \(within)"
            case .product:
                """
                SELECT o.id, d.id, 0 FROM product d JOIN organization o ON o.id = d.organization
                WHERE (d.name = \(wanted) OR o.name || '/' || d.name = \(wanted)) \(within)
                """
            case .project:
                """
                SELECT o.id, d.id, p.id FROM project p JOIN product d ON d.id = p.product
                    JOIN organization o ON o.id = d.organization
                WHERE (p.name = \(wanted) OR d.name || '/' || p.name = \(wanted)
                    OR o.name || '/' || d.name || '/' || p.name = \(wanted)) \(within)
                """
            }
        return try connection.all("\(query) ORDER BY 1, 2, 3 LIMIT 2") { row in
            Scope(kind: kind, organization: row.integer(0), product: row.integer(1), project: row.integer(2))
        }
    }

    /// The most names of a kind that are compared with a mistyped name.
    private static let hintLimit = 10_000

    /// Names of things; names of projects follow the product's name.
    private static func names(
        of kinds: [ScopeKind], in organization: Int64?, on connection: any Connection
    ) throws -> [String] {
        let within: SQL = organization.map { "WHERE o.id = \($0)" } ?? ""
        return try kinds.flatMap { kind -> [String] in
            let query: SQL =
                switch kind {
                case .organization: "SELECT o.name, o.name FROM organization o \(within)"
                case .product:
                    "SELECT d.name, d.name FROM product d JOIN organization o ON o.id = d.organization \(within)"
                case .project:
                    """
                    SELECT p.name, d.name || '/' || p.name FROM project p JOIN product d ON d.id = p.product
                        JOIN organization o ON o.id = d.organization \(within)
                    """
                }
            return try connection.all("\(query) LIMIT \(hintLimit)") { [$0.string(1), $0.string(0)] }.flatMap { $0 }
        }
    }
}

/// The meaning of a name on the command line, and the error for an unknown name, which are the same for data and for
/// servers.
enum Naming {
    /// The organization with this token or name; if none is given, the only one.
    ///
    /// - Parameters:
    ///   - place: the place of the search: `in this database`.
    ///   - nothing: the error if there is no organization at all.
    static func organization(
        _ wanted: String?, among all: [Entity], at place: String, orElse nothing: String
    ) throws -> Entity {
        let found = all.filter { wanted == nil || $0.token == wanted || $0.name == wanted }
        guard let first = found.first else {
            guard let wanted else { throw Failure(nothing) }
            throw Failure(
                "there is no organization with the token or name \(shown(wanted)) \(place)"
                    + hint(wanted, among: all.map(\.name)))
        }
        guard found.count == 1 else {
            let names = found.prefix(10).map { "\($0.name) (\($0.token.prefix(8))…)" }.joined(separator: ", ")
            throw UsageError(
                description: "\(found.count) organizations are meant, say which by its token, --org TOKEN: \(names)")
        }
        return first
    }

    /// The error for an unknown name, with the nearest existing one.
    static func unknown(
        _ wanted: String, _ kinds: [ScopeKind], at place: String, among names: [String]
    ) -> Failure {
        let words = kinds.map(\.rawValue).joined(separator: ", ")
        return Failure(
            "there is no \(words) with the token or name \(shown(wanted)) \(place)\(hint(wanted, among: names))")
    }

    /// The error for a name that several things of a kind have.
    static func ambiguous(_ wanted: String, _ count: Int, _ kind: ScopeKind) -> UsageError {
        UsageError(
            description: """
                \(count) of the kind \(kind.rawValue) have the name \(shown(wanted)); say which by its token, or with \
                the names around it, as Organization/Product/Project
                """)
    }

    static func isToken(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func hint(_ wanted: String, among names: [String]) -> String {
        guard !isToken(wanted), let near = NearWord.nearest(to: wanted, among: names) else { return "" }
        return "; did you mean \(near)?"
    }

    /// A name for a message; only the beginning of a token.
    private static func shown(_ text: String) -> String {
        isToken(text) ? "\(text.prefix(8))…" : "\(text.prefix(200))"
    }
}

extension Configuration {
    /// Throws if there is no database of this program.
    func requireDatabase() throws {
        let url = try databaseURL()
        if let path = url.sqlitePath, access(path, F_OK) != 0 {
            // A person who works with a server may take this command for a call of the server.
            let isMeant = self["server"] != nil && !isFlag("data") && !isFlag("database")
            throw Failure(
                "there is no database at \(path); --data or --database says where it is, waybill init makes one"
                    + (isMeant ? "; this command works on the data itself, not at the server of WAYBILL_SERVER" : ""))
        }
        let database = try url.open()
        defer { database.close() }
        if case .empty = try database.schemaState() {
            throw Failure("the database \(url) is empty; waybill init makes an organization in it")
        }
    }
}
