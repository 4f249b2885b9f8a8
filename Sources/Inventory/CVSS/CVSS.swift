import Synchronization

/// A vector of the Common Vulnerability Scoring System with its score, computed as FIRST specifies (CVSS v2 complete guide
/// §3.2.1, v3.0 and v3.1 specification §7.1, v4.0 specification §8).
package struct CVSS: Sendable, Hashable {
    package enum Version: String, Sendable, Hashable {
        case v2 = "2.0"
        case v30 = "3.0"
        case v31 = "3.1"
        case v4 = "4.0"
    }

    /// The words of the qualitative scale; version 2 knows `low`, `medium` and `high` only (NVD's scale).
    package enum Severity: String, Sendable, Hashable, Comparable {
        case none, low, medium, high, critical

        package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

        /// The rank of the word: 0 for `none` to 4 for `critical`.
        package var rank: Int {
            switch self {
            case .none: 0
            case .low: 1
            case .medium: 2
            case .high: 3
            case .critical: 4
            }
        }
    }

    package let version: Version
    /// The vector as it was given, without blanks and brackets around it.
    package let vector: String
    /// The score in tenths: 75 is 7.5. The base score. For version 4, the score also counts the threat and environmental
    /// metrics of the vector; version 4 names such scores CVSS-B, -BT, -BE and -BTE.
    package let tenths: Int
    package let severity: Severity
    private let metrics: [String: String]

    /// Reads a vector; nil when it is malformed: a metric or a value is unknown, or a metric is missing or occurs
    /// twice.
    ///
    /// A vector without the prefix `CVSS:` is version 2, which may stand in brackets.
    package init?(_ text: String) {
        if let known = Self.known.withLock({ $0[text] }) {
            self = known
            return
        }
        guard text.utf8.count <= 512, let read = CVSS(reading: text) else { return nil }
        Self.known.withLock { known in
            if known.count >= Self.knownLimit { known.removeAll(keepingCapacity: true) }
            known[text] = read
        }
        self = read
    }

    /// The vectors that were read lately. Most records share a few hundred vectors, and each vector is read twice: when its
    /// record arrives and when the severity of its vulnerability is decided.
    private static let known = Mutex<[String: CVSS]>([:])
    private static let knownLimit = 1000

    private init?(reading text: String) {
        var text = text.drop { $0 == " " || $0 == "(" }
        while let last = text.last, last == " " || last == ")" { text.removeLast() }
        vector = String(text)
        var parts = text.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.first {
        case "CVSS:3.0": version = .v30
        case "CVSS:3.1": version = .v31
        case "CVSS:4.0": version = .v4
        default:
            guard !text.hasPrefix("CVSS:") else { return nil }
            version = .v2
        }
        if version != .v2 { parts.removeFirst() }
        let known = CVSSMetrics.of(version)
        var metrics: [String: String] = [:]
        for part in parts {
            let pair = part.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, metrics[pair[0]] == nil, let values = known.values[pair[0]],
                values.contains(pair[1])
            else { return nil }
            metrics[pair[0]] = pair[1]
        }
        for metric in known.mandatory where metrics[metric] == nil { return nil }
        self.metrics = metrics
        switch version {
        case .v2: tenths = CVSS2.score(metrics)
        case .v30, .v31: tenths = CVSS3.score(metrics, version: version)
        case .v4: tenths = CVSS4.score(metrics)
        }
        severity = Self.severity(of: tenths, in: version)
    }

    /// The score as documents write it: `7.5`.
    package var score: String { "\(tenths / 10).\(tenths % 10)" }

    /// The value of a metric as the vector has it, or nil.
    package subscript(_ metric: String) -> String? { metrics[metric] }

    /// The word of a score on the scale of its version.
    package static func severity(of tenths: Int, in version: Version) -> Severity {
        switch (version, tenths) {
        case (.v2, ..<40): .low
        case (.v2, 40..<70): .medium
        case (.v2, _): .high
        case (_, 0): .none
        case (_, ..<40): .low
        case (_, 40..<70): .medium
        case (_, 70..<90): .high
        case (_, _): .critical
        }
    }

    /// The word in full for a value of a base metric of version 3, in upper case, as the JSON schema of CVSS v3 spells it;
    /// empty when the vector lacks the metric.
    package func word(_ metric: String) -> String {
        switch (metric, metrics[metric]) {
        case (_, nil): ""
        case ("AV", "N"): "NETWORK"
        case ("AV", "A"): "ADJACENT_NETWORK"
        case ("AV", "L"): "LOCAL"
        case ("AV", _): "PHYSICAL"
        case ("S", "U"): "UNCHANGED"
        case ("S", _): "CHANGED"
        case (_, "R"): "REQUIRED"
        case (_, "H"): "HIGH"
        case (_, "L"): "LOW"
        case (_, _): "NONE"
        }
    }
}

/// The metrics of a version, with the values of each.
struct CVSSMetrics: Sendable {
    let values: [String: Set<String>]
    let mandatory: [String]

    private init(mandatory: String, optional: String) {
        var values: [String: Set<String>] = [:]
        func add(_ table: String) -> [String] {
            table.split(separator: " ").map { entry in
                let pair = entry.split(separator: ":")
                values[String(pair[0])] = Set(pair[1].split(separator: ",").map(String.init))
                return String(pair[0])
            }
        }
        self.mandatory = add(mandatory)
        _ = add(optional)
        self.values = values
    }

    static func of(_ version: CVSS.Version) -> CVSSMetrics {
        switch version {
        case .v2: two
        case .v30, .v31: three
        case .v4: four
        }
    }

    private static let two = CVSSMetrics(
        mandatory: "AV:L,A,N AC:H,M,L Au:M,S,N C:N,P,C I:N,P,C A:N,P,C",
        optional: """
            E:U,POC,F,H,ND RL:OF,TF,W,U,ND RC:UC,UR,C,ND CDP:N,L,LM,MH,H,ND TD:N,L,M,H,ND CR:L,M,H,ND IR:L,M,H,ND \
            AR:L,M,H,ND
            """)
    private static let three = CVSSMetrics(
        mandatory: "AV:N,A,L,P AC:L,H PR:N,L,H UI:N,R S:U,C C:N,L,H I:N,L,H A:N,L,H",
        optional: """
            E:X,U,P,F,H RL:X,O,T,W,U RC:X,U,R,C CR:X,L,M,H IR:X,L,M,H AR:X,L,M,H MAV:X,N,A,L,P MAC:X,L,H MPR:X,N,L,H \
            MUI:X,N,R MS:X,U,C MC:X,N,L,H MI:X,N,L,H MA:X,N,L,H
            """)
    private static let four = CVSSMetrics(
        mandatory: """
            AV:N,A,L,P AC:L,H AT:N,P PR:N,L,H UI:N,P,A VC:H,L,N VI:H,L,N VA:H,L,N SC:H,L,N SI:H,L,N SA:H,L,N
            """,
        optional: """
            E:X,A,P,U CR:X,H,M,L IR:X,H,M,L AR:X,H,M,L MAV:X,N,A,L,P MAC:X,L,H MAT:X,N,P MPR:X,N,L,H MUI:X,N,P,A \
            MVC:X,H,L,N MVI:X,H,L,N MVA:X,H,L,N MSC:X,H,L,N MSI:X,S,H,L,N MSA:X,S,H,L,N S:X,N,P AU:X,N,Y R:X,A,U,I \
            V:X,D,C RE:X,L,M,H U:X,Clear,Green,Amber,Red
            """)
}
