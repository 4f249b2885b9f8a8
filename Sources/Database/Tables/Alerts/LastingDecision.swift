import Bytes
package import Inventory

// DESIGN. One decision of a person applies to many alerts, including future ones. A decision has a place and a subject. Its
// alerts store a copy of its text and its number (`alert.decision_id`), so that reports read only alerts. If several decisions
// reach an alert, the narrowest counts, then the newest (`comesBefore`). A decision about the alert itself takes precedence
// over all of them, and they take precedence over documents (`AlertLife`).

/// A person's decision about vulnerabilities that applies to more than one alert.
package struct LastingDecision: Sendable, Equatable {
    /// The reach of a decision, the narrowest first.
    package enum Reach: String, Sendable, CaseIterable {
        /// Certain alerts.
        case alert = "ALERT"
        /// A project, its later imports and its other versions.
        case project = "PROJECT"
        case product = "PRODUCT"
        case organization = "ORGANIZATION"

        fileprivate var width: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    package enum Verdict: Sendable, Equatable {
        case ignored(IgnoreReason)
        /// The alert is open, even against documents.
        case open

        package var word: String {
            switch self {
            case .ignored: "IGNORED"
            case .open: "OPEN"
            }
        }
        package var reason: IgnoreReason? {
            if case .ignored(let reason) = self { return reason }
            return nil
        }
    }

    package enum State: String, Sendable, CaseIterable {
        case inForce = "IN_FORCE"
        case withdrawn = "WITHDRAWN"
        case expired = "EXPIRED"
    }

    package internal(set) var id: Int64 = 0
    package let organization: Int64
    package let reach: Reach
    /// The product; 0 for a wider reach. The project of the decision; 0 for a wider reach.
    package var product: Int64 = 0
    package var project: Int64 = 0
    /// The name that all versions of the project share; empty for a wider reach than a project.
    package var family = ""
    /// The library in all its versions (`libraryName(purl:group:artifact:)`); empty for any library.
    package var libraryName = ""
    /// Any of its names; empty for all vulnerabilities.
    package var vulnerability = ""
    /// Ranges (`vers:`) of the versions of the library and of the project; empty for all versions.
    package var versions = ""
    package var projectVersions = ""
    package let verdict: Verdict
    package var comments = ""
    package let account: Int64
    /// The time of the decision. Times are milliseconds since 1970, UTC.
    package let time: Int64
    /// The time when it expires; 0 for never.
    package var expires: Int64 = 0
    /// When the decision should be reviewed; 0 for never.
    package var review: Int64 = 0
    package internal(set) var state = State.inForce
    /// The time when the decision ended (0: not yet), and the account that ended it (0: it expired).
    package internal(set) var ended: Int64 = 0
    package internal(set) var endedBy: Int64 = 0

    package init(_ verdict: Verdict, reach: Reach, organization: Int64, by account: Int64, at time: Int64) {
        self.verdict = verdict
        self.reach = reach
        self.organization = organization
        self.account = account
        self.time = time
    }

    /// The identity that all versions of a library share: its package URL without version and qualifiers, otherwise group and
    /// name.
    package static func libraryName(purl: String, group: String, artifact: String) -> String {
        if let purl = PackageURL(purl),
            let bare = PackageURL(type: purl.type, namespace: purl.namespace, name: purl.name, version: "")
        {
            return bare.text
        }
        return group.isEmpty ? artifact : "\(group):\(artifact)"
    }

    // MARK: Which counts

    /// Whether the decision is in force.
    package func isInForce(at time: Int64) -> Bool { state == .inForce && (expires == 0 || expires > time) }

    /// Whether this decision takes precedence over another decision for the same alert: first the narrower place, then a
    /// decision that names a library, then the newer one.
    package func comesBefore(_ other: LastingDecision) -> Bool {
        if reach != other.reach { return reach.width < other.reach.width }
        if libraryName.isEmpty != other.libraryName.isEmpty { return !libraryName.isEmpty }
        return (time, id) > (other.time, other.id)
    }

    /// Whether it applies to this version of a project within its reach.
    package func holds(inVersion version: String) -> Bool {
        projectVersions.isEmpty || VersRange(projectVersions)?.contains(version) ?? false
    }

    /// Whether it concerns a library, given the identity that all versions of the library share (`libraryName`).
    package func isAbout(libraryName name: String, version: String) -> Bool {
        guard libraryName.isEmpty || libraryName == name else { return false }
        return versions.isEmpty || VersRange(versions)?.contains(version) ?? false
    }

    // MARK: Rows

    static let columns: SQL = """
        id, organization, scope, product, project, family, library_name, vulnerability, versions, project_versions, status, \
        reason, justification, comments, account, at, expires_at, review_at, state, ended_at, ended_by
        """
    static let cells = 21

    /// Reads the cells of `columns` in their order; nil for words that this program does not know.
    init?(row: borrowing RowBuffer) {
        guard let reach = Reach(rawValue: row.string(2)), let state = State(rawValue: row.string(18)) else {
            return nil
        }
        let word = IgnoreReason.Word(rawValue: row.string(11))
        let reason = word.map { IgnoreReason($0, justification: row.string(12)) } ?? .none
        self.init(
            row.string(10) == "OPEN" ? .open : .ignored(reason), reach: reach, organization: row.integer(1),
            by: row.integer(14), at: row.integer(15))
        id = row.integer(0)
        (product, project, family) = (row.integer(3), row.integer(4), row.string(5))
        (libraryName, vulnerability) = (row.string(6), row.string(7))
        (versions, projectVersions) = (row.string(8), row.string(9))
        comments = row.string(13)
        (expires, review) = (row.integer(16), row.integer(17))
        (self.state, ended, endedBy) = (state, row.integer(19), row.integer(20))
    }

    func insert(on connection: any Connection) throws {
        let reason = verdict.reason
        try connection.run(
            """
            INSERT INTO decision (\(Self.columns), applied)
            VALUES (\(id), \(organization), \(reach.rawValue), \(product), \(project), \(family), \(libraryName),
                \(vulnerability), \(versions), \(projectVersions), \(verdict.word), \(reason?.word.rawValue ?? ""),
                \(reason?.justification ?? ""), \(comments), \(account), \(time), \(expires), \(review),
                \(state.rawValue), \(ended), \(endedBy), 0)
            """)
    }

    /// The form of a line in the change log.
    var said: String {
        var words = [reach.rawValue, libraryName, vulnerability, versions]
        if !projectVersions.isEmpty { words.append("project \(projectVersions)") }
        words.append(verdict.word)
        if let reason = verdict.reason { words += [reason.word.rawValue, reason.justification] }
        if expires > 0 { words.append("until \(TimeText.time(expires))") }
        return (words + [comments]).filter { !$0.isEmpty }.joined(separator: " ")
    }
}
