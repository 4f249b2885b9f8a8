import Inventory

/// The vulnerabilities of a library that advisories decide about, whether or not they find them there.
package enum Assessments {
    private struct Source: Hashable {
        let vulnerability: Int64
        let registry: String
    }

    /// Those of these vulnerabilities that the versions of libraries are free of by advisories about their packages: the
    /// order has a place for the version, and no advisory says that it is affected.
    ///
    /// - Parameter positions: the occurrences of the scan to check.
    /// - Returns: the vulnerabilities by position; positions without any are left out.
    package static func free(
        of vulnerabilities: Set<Int64>, at positions: Set<Int64>, in scan: Int64, on connection: any Connection
    ) throws -> [Int64: Set<Int64>] {
        var sources: [String: Set<Source>] = [:]
        try SQL.inSlices(vulnerabilities.sorted(), as: Value.integer) { list in
            try connection.each(
                """
                SELECT a.package, a.registry, x.vulnerability FROM vulnerability_advisory x
                JOIN advisory d ON d.id = x.advisory JOIN affected_package a ON a.advisory = x.advisory
                WHERE x.vulnerability IN \(list) AND d.withdrawn IS NULL
                """
            ) { row in
                sources[row.string(0), default: []].insert(
                    Source(vulnerability: row.integer(2), registry: row.string(1)))
            }
        }
        if sources.isEmpty { return [:] }
        var free: [Int64: Set<Int64>] = [:]
        try SQL.inSlices(positions.sorted(), as: Value.integer) { list in
            try connection.each(
                """
                SELECT o.position, p.package, p.registry, l.lookup FROM occurrence o JOIN library l ON l.id = o.library
                JOIN library_package p ON p.library = o.library WHERE o.scan = \(scan) AND o.position IN \(list)
                """
            ) { row in
                guard let speaking = sources[row.string(1)],
                    Lookup(text: row.string(3)).obstacle(isCovered: { _ in true }) == nil
                else { return }
                let registry = row.string(2)
                for source in speaking
                where source.registry.isEmpty || registry.isEmpty || source.registry == registry {
                    free[row.integer(0), default: []].insert(source.vulnerability)
                }
            }
            try connection.each(
                """
                SELECT o.position, f.vulnerability FROM occurrence o JOIN finding f ON f.library = o.library
                WHERE o.scan = \(scan) AND o.position IN \(list)
                """
            ) { row in free[row.integer(0)]?.remove(row.integer(1)) }
        }
        return free
    }
}
