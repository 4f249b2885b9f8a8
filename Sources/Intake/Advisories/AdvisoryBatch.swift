import Database
import Inventory

/// Collects records for one transaction.
final class AdvisoryBatch: Sendable {
    /// The outcome of records.
    struct Counts: Sendable, Equatable {
        var added = 0
        var updated = 0
        var withdrawn = 0
    }

    private let records: [OSVRecord]

    init(_ records: [OSVRecord]) { self.records = records }

    /// Writes records that are newer than the stored ones, and links them.
    func write(on connection: any Connection) throws -> Counts {
        try Advisories.lock(on: connection)
        var newest: [String: OSVRecord] = [:]
        for record in records where record.modified > newest[record.id]?.modified ?? .min { newest[record.id] = record }
        let known = try Advisories.known(Array(newest.keys), on: connection)
        let changed = newest.values.filter { Self.isNews($0, beside: known[$0.id]) }.sorted { $0.id < $1.id }
        var counts = Counts()
        if changed.isEmpty { return counts }
        let present = changed.compactMap { known[$0.id]?.id }
        let before = try Advisories.vulnerabilities(of: present, on: connection)
        try Advisories.markStale(packagesOf: present, on: connection)
        var ecosystems = EcosystemChanges()
        for place in try Ecosystems.places(of: present, on: connection) { ecosystems.remove(place) }
        for record in changed { ecosystems.add(record.places, modified: record.modified) }
        try Advisories.delete(present, on: connection)
        var next = try connection.take(changed.count - present.count, from: "advisory")
        var ids: [Int64] = []
        for record in changed {
            if let old = known[record.id] {
                ids.append(old.id)
                counts.updated += 1
                if record.withdrawn != nil, !old.isWithdrawn { counts.withdrawn += 1 }
            } else {
                ids.append(next)
                next += 1
                counts.added += 1
                if record.withdrawn != nil { counts.withdrawn += 1 }
            }
        }
        try insert(changed, ids: ids, on: connection)
        var linking = VulnerabilityLinking(Dictionary(uniqueKeysWithValues: zip(ids, changed)), on: connection)
        let stale = try linking.link(before: before)
        try Advisories.markStale(packagesOf: stale.union(ids).sorted(), on: connection)
        // Vulnerabilities that documents know under these names now belong to the advisories.
        let claimed = try Claims.vulnerabilities(
            named: Set(changed.flatMap { [$0.id] + $0.aliases }), on: connection)
        try Exposures.markStale(showing: claimed, on: connection)
        try Ecosystems.apply(ecosystems, on: connection)
        try KnowledgeMoment.changed(on: connection)
        return counts
    }

    /// Whether a record is newer than the stored one: it changed, or earlier rules read the stored one incompletely.
    private static func isNews(_ record: OSVRecord, beside known: Advisories.Known?) -> Bool {
        guard let known else { return true }
        return record.modified > known.modified || record.modified == known.modified && known.rules < OSVRecord.rules
    }

    private func insert(_ records: [OSVRecord], ids: [Int64], on connection: any Connection) throws {
        var advisories = RowBuffer(capacity: records.count * 2048)
        var names = RowBuffer(capacity: records.count * 128)
        var affected = RowBuffer(capacity: records.count * 512)
        for (record, id) in zip(records, ids) {
            advisories.beginRow()
            advisories.append(id)
            advisories.append(record.id)
            advisories.append(record.modified)
            advisories.append(record.published.map(Value.integer) ?? .null)
            advisories.append(record.withdrawn.map(Value.integer) ?? .null)
            advisories.append(record.aliases.joined(separator: "\n"))
            advisories.append(record.summary)
            advisories.append(record.details)
            advisories.append(record.vectors.joined(separator: "\n"))
            advisories.append(record.severity)
            advisories.append(record.weaknesses.joined(separator: "\n"))
            advisories.append(record.links.joined(separator: "\n"))
            advisories.append(record.credits.joined(separator: "\n"))
            advisories.append(OSVRecord.rules)
            for name in [record.id] + record.aliases {
                names.beginRow()
                names.append(name)
                names.append(id)
            }
            for (position, part) in record.affected.enumerated() {
                affected.beginRow()
                affected.append(part.package)
                affected.append(id)
                affected.append(position)
                affected.append(part.registry)
                affected.append(part.versions.ranges)
                affected.append(part.versions.versions)
            }
        }
        try connection.insert(advisories, into: "advisory", Advisories.advisoryColumns)
        try connection.insert(names, into: "advisory_name", Advisories.nameColumns)
        if affected.rowCount > 0 {
            try connection.insert(affected, into: "affected_package", Advisories.affectedColumns)
        }
    }
}
