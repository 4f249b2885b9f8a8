import Database
import Inventory

// DESIGN. A table without rows does not show why it is empty. So the notes of the answer warn its reader in all formats:
// that vulnerabilities were not looked up, or that a filter has an unknown name.

extension Filter {
    /// The kind of thing that the values of a filter name.
    package struct Named: Sendable {
        /// The end of the sentence about a value that nothing has.
        let absent: String
        /// Selects a row when something in a scope has the name.
        let query: @Sendable (String, Scope) -> SQL
    }

    /// The same filter; the answer names each value for which no row of `from` meets the filter's condition.
    ///
    /// - Parameter from: a FROM that joins `scope s`.
    func naming(_ absent: String, in from: StaticSQL) -> Filter {
        let condition = condition
        return naming(absent) { value, scope in
            let isMet: SQL = condition([value]) ?? "1 = 1"
            return scope.clause + "SELECT 1 FROM \(from) WHERE \(isMet) LIMIT 1"
        }
    }

    /// The same filter; the answer names each value for which the query selects nothing.
    func naming(_ absent: String, query: @escaping @Sendable (String, Scope) -> SQL) -> Filter {
        var filter = self
        filter.named = Named(absent: absent, query: query)
        return filter
    }
}

extension ReportRequest {
    /// Sentences about facts that the rows do not show.
    func remarks(of report: Report, on connection: any Connection) throws -> [String] {
        var remarks: [String] = []
        if report.isVerdict {
            let basis = try Basis.read(scope, on: connection)
            if !basis.isAssessed, basis.libraries > 0 { remarks.append(basis.sentence) }
        }
        for filter in report.filters {
            guard let named = filter.named else { continue }
            for value in options[filter.key.lowercased()] ?? [] {
                if try connection.integer(named.query(value, scope)) == nil {
                    remarks.append("\(filter.key) \(value.prefix(100)): \(named.absent)")
                }
            }
        }
        return remarks
    }
}
