// DESIGN. The ranges of an advisory for one package are stored as one text that needs no parser: each line is a range,
// each word an event. Events are sorted once, when the advisory arrives. A decision is then a walk that ends at the
// first event above the version.

/// An event of a range (OSV schema 1.7, `affected[].ranges[].events[]`).
package struct RangeEvent: Sendable, Hashable {
    package enum Kind: Character, Sendable {
        /// The versions from this one on are affected; `0` comes before all versions.
        case introduced = "i"
        /// The versions from this one on are not affected.
        case fixed = "f"
        /// The versions above this one are not affected.
        case lastAffected = "a"
        /// Versions from this one on are outside of the range.
        case limit = "l"
    }

    package let kind: Kind
    package let version: String

    package init(_ kind: Kind, _ version: String) {
        self.kind = kind
        self.version = version
    }

    /// Whether the event comes before all versions.
    package var isStart: Bool { kind == .introduced && version == "0" }
}

/// A range of versions in one order.
package struct VersionRange: Sendable, Hashable {
    package let scheme: VersionScheme
    /// Sorted; limits are in a list of their own.
    package let events: [RangeEvent]
    package let limits: [String]

    /// Nil when the scheme has no place for the version of an event, or no event introduces the fault.
    package init?(_ events: [RangeEvent], scheme: VersionScheme) {
        self.scheme = scheme
        let events = events.map { RangeEvent($0.kind, scheme.cleaned($0.version)) }
        limits = events.filter { $0.kind == .limit && $0.version != "*" }.map(\.version)
        let rest = events.filter { $0.kind != .limit }
        guard rest.contains(where: { $0.kind == .introduced }),
            rest.allSatisfy({ $0.isStart || scheme.recognizes($0.version) }), limits.allSatisfy(scheme.recognizes)
        else { return nil }
        self.events = rest.sorted { left, right in
            if left.isStart || right.isStart { return left.isStart && !right.isStart }
            let order = scheme.compare(left.version, right.version) ?? 0
            // A version that is fixed and introduced at once is affected, because the fault was introduced again.
            return order == 0 ? left.kind != .introduced && right.kind == .introduced : order < 0
        }
    }

    /// Whether the version is in the range. False when the scheme does not know the version.
    package func contains(_ version: String) -> Bool {
        withBytes(version) { version in withBytes(line) { Self.contains(version, line: $0) } }
    }

    /// The range as one line: the scheme, then kind and version of each event. Versions contain no blanks; a version
    /// with a blank belongs to no scheme.
    var line: String {
        var text = "\(scheme.rawValue)"
        for event in events { text += " \(event.kind.rawValue)\(event.version)" }
        for limit in limits { text += " l\(limit)" }
        return text
    }

    /// Whether the version is in the range that a line describes (OSV schema, "Evaluation").
    static func contains(_ version: VersionBytes, line: VersionBytes) -> Bool {
        var index = line.endOfDigits(0)
        var number: UInt8 = 0
        for digit in line[..<index] { number = number &* 10 &+ (digit - 48) }
        guard let scheme = VersionScheme(rawValue: number) else { return false }
        var (isAffected, isOver, hasLimit, isBelowLimit) = (false, false, false, false)
        // A range may end with the version that begins the next, so ends come before beginnings of the same version.
        var only: VersionBytes?
        while index + 1 < line.count {
            let kind = line[index + 1]
            let end = line.place(of: UInt8(ascii: " "), from: index + 1) ?? line.count
            let event = line.slice((index + 2)..<end)
            index = end
            if kind == UInt8(ascii: "l") {
                hasLimit = true
                if scheme.compare(version, event) ?? 0 < 0 { isBelowLimit = true }
                continue
            }
            if isOver { continue }
            if kind == UInt8(ascii: "i"), event.count == 1, event[0] == 48 {
                // A version without a place in the order is in no range.
                guard scheme.compare(version, version) != nil else { return false }
                isAffected = true
                continue
            }
            guard let order = scheme.compare(version, event) else { return false }
            if order < 0 {
                isOver = true
            } else if kind == UInt8(ascii: "i") {
                isAffected = order == 0 || only.map { scheme.compare($0, event) != 0 } ?? true
            } else if kind == UInt8(ascii: "a"), order > 0, !isAffected {
                only = event
            } else if kind == UInt8(ascii: "f") || order > 0 {
                isAffected = false
            }
        }
        return isAffected && (!hasLimit || isBelowLimit)
    }
}

/// The affected versions of a package in an advisory, as a list and as ranges.
package struct AffectedVersions: Sendable, Hashable {
    /// Ranges, one a line, in the stored form that decisions read.
    package let ranges: String
    /// Versions, one a line, sorted.
    package let versions: String

    package init(ranges: [VersionRange], versions: some Sequence<String>) {
        self.ranges = ranges.map(\.line).joined(separator: "\n")
        self.versions = Set(versions).sorted().joined(separator: "\n")
    }

    /// Takes the two stored texts.
    package init(ranges: String, versions: String) {
        self.ranges = ranges
        self.versions = versions
    }

    package var isEmpty: Bool { ranges.isEmpty && versions.isEmpty }

    /// Whether the version is affected. A list spells versions as the registry does. So a version is compared as a text,
    /// with and without a leading `v`. Where there are no ranges, it is also compared by the order of `scheme`.
    package func contains(_ version: String, scheme: VersionScheme?) -> Bool {
        withBytes(version) { version in
            let isInRange = withBytes(ranges) { text in
                text.anyLine { VersionRange.contains(version, line: $0) }
            }
            if isInRange || versions.isEmpty { return isInRange }
            let bare = version.withoutV
            return withBytes(versions) { text in
                text.anyLine { line in
                    if line.withoutV.isSame(as: bare) { return true }
                    return ranges.isEmpty && scheme?.compare(line, version) == 0
                }
            }
        }
    }

    /// The versions that the advisory names as the first ones without the fault.
    package var fixed: [String] {
        ranges.split(separator: "\n").flatMap { line in
            line.split(separator: " ").dropFirst().filter { $0.first == "f" }.map { String($0.dropFirst()) }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether `body` is true for any line. An empty text has no lines.
    @inline(__always)
    fileprivate func anyLine(_ body: (VersionBytes) -> Bool) -> Bool {
        var start = 0
        while start < count {
            let end = place(of: 10, from: start) ?? count
            if body(slice(start..<end)) { return true }
            start = end + 1
        }
        return false
    }

    fileprivate var withoutV: VersionBytes {
        count > 1 && self[0] == UInt8(ascii: "v") ? slice(1..<count) : self
    }

    @inline(__always)
    fileprivate func isSame(as other: VersionBytes) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }
}
