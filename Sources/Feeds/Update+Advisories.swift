import Bytes
import Database
import Glibc
import Intake
import Inventory

// DESIGN. The list of changes states for each record when it was modified. It is compared with the database record by record,
// not with a time, because records may appear late, with times from before the last check. A few changed records are fetched
// one by one, and many in the archive of all records. The archive is also used if an origin has no single records.

extension Update {
    /// The most changed records that are fetched one by one.
    private static let few = 200

    func advisories(_ wish: Wish) throws -> FeedReport {
        let ecosystems = try wish.ecosystems.isEmpty ? wanted() : wish.ecosystems
        guard !ecosystems.isEmpty else {
            var report = FeedReport(source: Feed.Source.osv.rawValue, state: .missing)
            report.error =
                fetcher.origin.names(in: "osv") == nil
                ? "no package in use is of an ecosystem with advisories; name one, as osv/npm"
                : "the folder has no ecosystem below osv/"
            return report
        }
        return .sum(
            Feed.Source.osv.rawValue,
            of: try ecosystems.map { ecosystem in
                try part("osv/\(ecosystem)", as: ecosystem, of: .osv, wish) { try advisories(of: ecosystem, $0) }
            })
    }

    /// The ecosystems to update if the caller names none: all in the mirror's folder, or those of packages in use.
    private func wanted() throws -> [String] {
        if let names = fetcher.origin.names(in: "osv") { return names.filter(Wish.isEcosystem) }
        let places = try database.read { try PackagesInUse.places(on: $0) }
        return Set(places.map { String($0.prefix { $0 != ":" }) }).filter(Wish.isEcosystem).sorted()
    }

    private func advisories(of ecosystem: String, _ known: FeedState) throws -> Outcome {
        let name = "osv/\(ecosystem)"
        switch try fetcher.fetch(.changes(of: ecosystem), unless: FeedFetcher.Stamp(known)) {
        case .unchanged: return .unchanged
        case .missing:
            // A mirror may have the archive alone.
            guard let found = try archive(of: ecosystem, known, unless: FeedFetcher.Stamp(known)) else {
                return .missing("the origin has neither \(name)/modified_id.csv nor \(name)/all.zip")
            }
            return found
        case .came(let path, let stamp):
            defer { fetcher.forget(path) }
            let changes = try AdvisoryChanges(path: path, limit: Self.few, in: database)
            try judge(name, records: changes.count, newest: changes.newest, beside: known)
            let updated = Outcome.updated(records: changes.count, newest: changes.newest, stamp)
            if fetcher.export == nil, changes.changed.isEmpty {
                return .seen(records: changes.count, newest: changes.newest, stamp)
            }
            let isFew = fetcher.export == nil && !changes.isMany && changes.changed.count * 2 <= changes.count
            if isFew, try records(changes.changed, of: ecosystem) { return updated }
            if try archive(of: ecosystem, known) != nil {
                try fetcher.keep(path, as: .changes(of: ecosystem))
                return updated
            }
            // A mirror may have single records without an archive.
            if !isFew, !changes.isMany, try records(changes.changed, of: ecosystem) { return updated }
            return .missing("the origin has no \(name)/all.zip")
        }
    }

    /// Imports all records of an ecosystem; nil if the origin has no archive.
    private func archive(
        of ecosystem: String, _ known: FeedState, unless stamp: FeedFetcher.Stamp? = nil
    ) throws -> Outcome? {
        let file = FeedFile.advisories(of: ecosystem)
        switch try fetcher.fetch(file, unless: stamp) {
        case .unchanged: return .unchanged
        case .missing: return nil
        case .came(let path, let stamp):
            defer { fetcher.forget(path) }
            let count = try FeedContent.entries(of: path, from: stamp.address)
            try judge(file.path, records: count, beside: known)
            try FeedContent.verify(path, from: stamp.address, isStopped: isStopped)
            try importAdvisories(path, named: "osv/\(ecosystem)")
            try fetcher.keep(path, as: file)
            return .updated(records: count, newest: nil, stamp)
        }
    }

    /// Imports single records; false if the origin lacks one, and nothing was imported.
    private func records(_ names: [String], of ecosystem: String) throws -> Bool {
        let folder = "\(fetcher.spool)/records"
        try FeedFetcher.makeFolder(folder)
        defer { FeedFetcher.removeFolder(folder) }
        for name in names {
            switch try fetcher.fetch(.advisory(name, of: ecosystem)) {
            case .unchanged, .missing: return false
            case .came(let path, _):
                try fetcher.move(path, to: "\(folder)/\(name.percentEncoded).json")
            }
        }
        try importAdvisories(folder, named: "osv/\(ecosystem)")
        return true
    }

    private func importAdvisories(_ path: String, named name: String) throws {
        let records = RecordImport(
            into: database, progress: { progress(name, $0) }, warning: { warning("\(name): \($0)") })
        let result = try AdvisoryImport(records, at: now()).run([path])
        guard result.read > 0 || result.skipped == 0 else {
            throw FeedError.content(address: name, why: "none of its \(result.skipped) records can be read")
        }
    }
}

/// The entries of a list of changed records (`modified_id.csv`), compared with the stored records.
struct AdvisoryChanges {
    private static let batch = 500

    /// The number of records in the list.
    private(set) var count = 0
    /// The time of the newest change.
    private(set) var newest: Int64?
    /// Records that are unknown or outdated, up to the limit.
    private(set) var changed: [String] = []
    /// Whether there are more than the limit.
    private(set) var isMany = false

    /// Throws `LinesError`, `FeedError` if the file is not such a list, or the database's error.
    init(path: String, limit: Int, in database: any Database) throws {
        var waiting: [(name: String, modified: Int64)] = []
        func settle() throws {
            guard !waiting.isEmpty, !isMany else { return waiting.removeAll() }
            let known = try database.read { try Advisories.known(waiting.map(\.name), on: $0) }
            for (name, modified) in waiting where known[name]?.modified ?? .min < modified {
                if changed.count < limit { changed.append(name) } else { isMany = true }
            }
            waiting.removeAll()
        }
        try Lines.each(of: path, length: 4096) { line, number in
            guard let comma = line.firstIndex(of: UInt8(ascii: ",")),
                let time = TimeText.milliseconds(UnsafeRawBufferPointer(rebasing: line[..<comma]))
            else {
                // A line of headings would cause no harm.
                if number == 1, line.starts(with: "modified".utf8) || line.starts(with: "id".utf8) { return }
                throw FeedError.content(
                    address: "\(path):\(number)",
                    why: "\"\(String(decoding: line.prefix(100), as: UTF8.self))\" is not `time,id`")
            }
            // The list of all ecosystems has paths in place of ids.
            let name = String(decoding: line[(comma + 1)...], as: UTF8.self)
            guard AdvisoryChanges.isName(name) else {
                throw FeedError.content(
                    address: "\(path):\(number)", why: "\"\(name.prefix(100))\" is no id of a record")
            }
            count += 1
            newest = max(newest ?? time, time)
            waiting.append((name, time))
            if waiting.count == Self.batch { try settle() }
        }
        try settle()
        guard count > 0 else { throw FeedError.content(address: path, why: "it names no record") }
    }

    /// Whether a text may be an id, and therefore a part of a path.
    private static func isName(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count) && !text.hasPrefix(".")
            && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") }
    }
}
