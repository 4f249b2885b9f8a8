import Bytes
import Inventory

/// Reads one record of OSV from a JSON text.
struct OSVReader: ~Copyable {
    private enum Key: String, CaseIterable {
        case id, modified, published, withdrawn, aliases, upstream, summary, details, severity, affected, references
        case credits
        case specific = "database_specific"
    }
    private static let keys = JSONKeys<Key>()

    private var record = OSVRecord()
    private var upstream: [String] = []
    private var times = (modified: "", published: "", withdrawn: "")
    private var versionCount = 0
    /// The word of its author.
    private var word = ""
    /// The severity of the worst affected package, for records without a severity of their own.
    private var ofPackages: Rating?

    /// The CVSS vectors that can be scored, and a word that stood in place of one.
    private struct Rating: Equatable {
        var vectors: [String] = []
        var word = ""

        var isEmpty: Bool { vectors.isEmpty && word.isEmpty }

        /// The score of the newest CVSS version in tenths, otherwise the rank of the word; a greater value is worse.
        var weight: (Int, Int) {
            let record = SeverityRecord(
                name: "", aliases: [], vectors: vectors, word: OSVReader.severity(word), isWithdrawn: false)
            let decision = SeverityDecision(of: "", from: [record]) { (0, $0) }
            let words = ["", "none", "low", "medium", "high", "critical"]
            return (decision.score ?? -1, words.firstIndex(of: decision.word) ?? 0)
        }
    }

    private init() {}

    /// Reads the next record.
    static func read(_ json: inout JSONReader) throws(OSVRecord.Fault) -> OSVRecord {
        var reader = OSVReader()
        do throws(JSONError) {
            json.ceiling = json.offset + OSVRecord.Limit.record
            try reader.object(&json)
        } catch {
            throw .json(error)
        }
        return try reader.finish()
    }

    private mutating func finish() throws(OSVRecord.Fault) -> OSVRecord {
        guard !record.id.isEmpty, record.id.utf8.count <= 200, Self.isLine(record.id) else { throw .missing("id") }
        guard !times.modified.isEmpty else { throw .missing("modified") }
        guard let modified = TimeText.milliseconds(times.modified) else {
            throw .badTime(times.modified, of: "modified")
        }
        record.modified = modified
        record.published = TimeText.milliseconds(times.published)
        if !times.withdrawn.isEmpty {
            guard let withdrawn = TimeText.milliseconds(times.withdrawn) else {
                throw .badTime(times.withdrawn, of: "withdrawn")
            }
            record.withdrawn = withdrawn
        }
        // A distribution's record of one CVE is named after the CVE (`DEBIAN-CVE-…`) and lists it as `upstream`.
        for name in upstream where OSVRecord.isCVE(name) && record.id.hasSuffix("-\(name)") {
            record.aliases.append(name)
        }
        var seen: Set<String> = [record.id]
        record.aliases = record.aliases.filter { seen.insert($0).inserted }
        if record.vectors.isEmpty { record.vectors = ofPackages?.vectors ?? [] }
        if word.isEmpty { word = ofPackages?.word ?? "" }
        record.severity = Self.severity(word)
        return record
    }

    /// The words of GitHub, of distributions and of people, translated to words of CVSS.
    private static func severity(_ word: String) -> String {
        switch word.lowercased() {
        case "low", "negligible", "minor": "low"
        case "moderate", "medium": "medium"
        case "high", "important", "major": "high"
        case "critical": "critical"
        default: ""
        }
    }

    private static func isLine(_ text: String) -> Bool { !holds(text) { $0 < 32 } }

    /// Whether a text has such a byte. Looks at the bytes where they lie: every text of every record is asked.
    private static func holds(_ text: String, _ isWanted: (UInt8) -> Bool) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { $0.contains(where: isWanted) }
            ?? text.utf8.contains(where: isWanted)
    }

    // MARK: Members

    private mutating func object(_ json: inout JSONReader) throws(JSONError) {
        var seen = JSONSeenKeys()
        try json.beginObject()
        while try json.nextKey() {
            switch try json.key(in: Self.keys, seen: &seen) {
            case .id: record.id = try text(&json)
            case .modified: times.modified = try text(&json)
            case .published: times.published = try text(&json)
            case .withdrawn: times.withdrawn = try text(&json)
            case .aliases: record.aliases = try names(&json)
            case .upstream: upstream = try names(&json)
            case .summary: record.summary = Self.cut(try text(&json))
            case .details: record.details = Self.cut(try text(&json))
            case .severity:
                let own = try rating(&json)
                record.vectors = own.vectors
                if word.isEmpty { word = own.word }
            case .affected:
                try elements(&json) { (reader, json) throws(JSONError) in try reader.affected(&json) }
            case .references:
                try elements(&json) { (reader, json) throws(JSONError) in
                    let pair = try reader.pair(&json, "type", "url")
                    if pair.1.isEmpty || reader.record.links.count >= OSVRecord.Limit.links { return }
                    reader.record.links.append("\(pair.0.isEmpty ? "WEB" : pair.0) \(pair.1)")
                }
            case .credits:
                try elements(&json) { (reader, json) throws(JSONError) in
                    let pair = try reader.pair(&json, "type", "name")
                    if pair.1.isEmpty || reader.record.credits.count >= OSVRecord.Limit.links { return }
                    reader.record.credits.append("\(pair.0.isEmpty ? "OTHER" : pair.0) \(pair.1)")
                }
            case .specific: try specific(&json)
            case nil: try json.skipValue()
            }
        }
    }

    private mutating func specific(_ json: inout JSONReader) throws(JSONError) {
        try members(&json) { (reader, json) throws(JSONError) in
            if json.keyEquals("severity"), try json.peek() == .string {
                if reader.word.isEmpty { reader.word = try json.string() } else { try json.skipValue() }
            } else if json.keyEquals("cwe_ids"), try json.peek() == .array {
                reader.record.weaknesses = try reader.names(&json)
            } else if json.keyEquals("CWE"), try json.peek() == .object {
                let pair = try reader.pair(&json, "desc", "id")
                if !pair.1.isEmpty { reader.record.weaknesses = [pair.1] }
            } else {
                try json.skipValue()
            }
        }
    }

    private mutating func rating(_ json: inout JSONReader) throws(JSONError) -> Rating {
        var rating = Rating()
        var found: [(String, String)] = []
        try elements(&json) { (reader, json) throws(JSONError) in
            let pair = try reader.pair(&json, "type", "score")
            if found.count < 20 { found.append(pair) }
        }
        for (type, score) in found {
            if type.hasPrefix("CVSS") {
                if CVSS(score) != nil, !rating.vectors.contains(score) { rating.vectors.append(score) }
            } else if rating.word.isEmpty {
                rating.word = score
            }
        }
        return rating
    }

    // MARK: Affected packages

    private mutating func affected(_ json: inout JSONReader) throws(JSONError) {
        var ecosystem = ""
        var name = ""
        var ranges: [(type: String, repository: String, events: [RangeEvent])] = []
        var versions: [String] = []
        try members(&json) { (reader, json) throws(JSONError) in
            if json.keyEquals("package"), try json.peek() == .object {
                (ecosystem, name) = try reader.pair(&json, "ecosystem", "name")
            } else if json.keyEquals("ranges") {
                try reader.elements(&json) { (reader, json) throws(JSONError) in
                    let range = try reader.range(&json)
                    if ranges.count < 1000 { ranges.append(range) }
                }
            } else if json.keyEquals("versions") {
                let limit = OSVRecord.Limit.versions - reader.versionCount
                versions = try reader.names(&json, limit: limit)
                reader.versionCount += versions.count
            } else if json.keyEquals("severity") {
                reader.take(try reader.rating(&json))
            } else {
                try json.skipValue()
            }
        }
        guard record.affected.count < OSVRecord.Limit.affected else { return }
        if name.isEmpty {
            keepRepository(ranges, versions)
        } else if let key = PackageKey(ecosystem: ecosystem, name: name) {
            keep(key, ranges, versions)
        }
    }

    /// The severity is the worst of all packages, wherever the record has their ratings.
    private mutating func take(_ rating: Rating) {
        if rating.isEmpty || rating == ofPackages { return }
        guard let known = ofPackages, known.weight >= rating.weight else {
            ofPackages = rating
            return
        }
    }

    private mutating func keep(
        _ key: PackageKey, _ ranges: [(type: String, repository: String, events: [RangeEvent])], _ versions: [String]
    ) {
        let known = ranges.compactMap { range -> VersionRange? in
            switch range.type {
            // The schemes of Go and Dart are SemVer with additional rules.
            case "SEMVER": VersionRange(range.events, scheme: key.scheme.flatMap(Self.semantic) ?? .semantic)
            case "ECOSYSTEM": key.scheme.flatMap { VersionRange(range.events, scheme: $0) }
            default: nil
            }
        }
        let affected = AffectedVersions(ranges: known, versions: versions)
        if affected.isEmpty { return }
        record.affected.append(.init(package: key.text, registry: key.registry, versions: affected))
    }

    private static func semantic(_ scheme: VersionScheme) -> VersionScheme? {
        scheme == .go || scheme == .pub ? scheme : nil
    }

    /// Without a package, the versions belong to the repository of the commit ranges.
    private mutating func keepRepository(
        _ ranges: [(type: String, repository: String, events: [RangeEvent])], _ versions: [String]
    ) {
        guard !versions.isEmpty else { return }
        var seen: Set<String> = []
        for range in ranges where !range.repository.isEmpty && seen.insert(range.repository).inserted {
            guard let key = PackageKey(repository: range.repository) else { continue }
            keep(key, ranges, versions)
        }
    }

    private mutating func range(
        _ json: inout JSONReader
    ) throws(JSONError) -> (type: String, repository: String, events: [RangeEvent]) {
        var type = ""
        var repository = ""
        var events: [RangeEvent] = []
        try members(&json) { (reader, json) throws(JSONError) in
            if json.keyEquals("type") {
                type = try reader.text(&json)
            } else if json.keyEquals("repo") {
                repository = try reader.text(&json)
            } else if json.keyEquals("events") {
                try reader.elements(&json) { (reader, json) throws(JSONError) in
                    try reader.members(&json) { (reader, json) throws(JSONError) in
                        var kind: RangeEvent.Kind?
                        if json.keyEquals("introduced") {
                            kind = .introduced
                        } else if json.keyEquals("fixed") {
                            kind = .fixed
                        } else if json.keyEquals("last_affected") {
                            kind = .lastAffected
                        } else if json.keyEquals("limit") {
                            kind = .limit
                        }
                        let version = try reader.text(&json)
                        if let kind, !version.isEmpty, events.count < 10_000 {
                            events.append(RangeEvent(kind, version))
                        }
                    }
                }
            } else {
                try json.skipValue()
            }
        }
        return (type, repository, events)
    }

    // MARK: Pieces

    /// A string; any other value is skipped and gives an empty one.
    private mutating func text(_ json: inout JSONReader) throws(JSONError) -> String {
        guard try json.peek() == .string else {
            try json.skipValue()
            return ""
        }
        let text = try json.string()
        // No database takes NUL.
        return Self.holds(text) { $0 == 0 } ? String(text.filter { $0 != "\0" }) : text
    }

    /// The strings of an array that have one line; others are left out.
    private mutating func names(
        _ json: inout JSONReader, limit: Int = OSVRecord.Limit.names
    ) throws(JSONError) -> [String] {
        var found: [String] = []
        try elements(&json) { (reader, json) throws(JSONError) in
            let name = try reader.text(&json)
            if found.count < limit, !name.isEmpty, name.utf8.count <= 300, Self.isLine(name) { found.append(name) }
        }
        return found
    }

    /// Two members of an object, as lines.
    private mutating func pair(
        _ json: inout JSONReader, _ first: StaticString, _ second: StaticString
    ) throws(JSONError) -> (String, String) {
        var found = ("", "")
        try members(&json) { (reader, json) throws(JSONError) in
            let isFirst = json.keyEquals(first)
            guard isFirst || json.keyEquals(second) else { return try json.skipValue() }
            let text = try reader.text(&json)
            guard text.utf8.count <= 2000, Self.isLine(text) else { return }
            if isFirst { found.0 = text } else { found.1 = text }
        }
        return found
    }

    /// Reads an array; any other value is skipped.
    private mutating func elements(
        _ json: inout JSONReader, _ body: (inout OSVReader, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard try json.peek() == .array else { return try json.skipValue() }
        try json.beginArray()
        while try json.nextElement() { try body(&self, &json) }
    }

    /// Reads an object; any other value is skipped.
    private mutating func members(
        _ json: inout JSONReader, _ body: (inout OSVReader, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard try json.peek() == .object else { return try json.skipValue() }
        try json.beginObject()
        while try json.nextKey() { try body(&self, &json) }
    }

    /// The text cut to `OSVRecord.Limit.text` bytes, between characters.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > OSVRecord.Limit.text else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: OSVRecord.Limit.text)
        while end > text.startIndex, String.Index(end, within: text) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end])
    }
}
