package import Inventory

// DESIGN. An alert has a cause, which exists or does not, and a decision by a person or a VEX statement. A person's decision
// about the alert itself counts first, then a decision for many alerts (`LastingDecision`), then documents. State follows from
// cause and decision: RESOLVED without a cause, otherwise IGNORED while a decision says so, else OPEN. So a decision survives
// when a library is missing from one scan and returns in the next.

/// The states of an alert.
package enum AlertState: String, Sendable, CaseIterable {
    case open = "OPEN"
    case ignored = "IGNORED"
    case resolved = "RESOLVED"
}

/// The part of an alert that changes during its life.
package struct AlertLife: Sendable, Equatable {
    /// The decision about an alert.
    package enum Decision: Sendable, Equatable {
        case none
        /// Ignored by an account, or by a VEX statement (0), until a time or permanently (0).
        case ignored(by: Int64, until: Int64)
        /// A person keeps it open, even against a VEX statement.
        case kept(by: Int64)
    }

    /// A line of an alert's history.
    package struct Event: Sendable, Equatable {
        package let at: Int64
        package let state: AlertState
        /// The account, or 0 for the server's own decision.
        package let account: Int64
        package let comments: String

        package init(at: Int64, state: AlertState, account: Int64, comments: String) {
            self.at = at
            self.state = state
            self.account = account
            self.comments = comments
        }

        /// Nil unless the server itself opened the alert. Then true if a decision to ignore ended, false if the cause came
        /// back.
        var isExpiry: Bool? { state == .open && account == 0 ? comments != AlertLife.reopened : nil }
    }

    /// The comment for an alert whose cause came back.
    fileprivate static let reopened = "Reopened"

    package private(set) var decision: Decision = .none
    /// The decision for many alerts that counts (`LastingDecision.id`); 0 if the alert's own decision counts, a document's,
    /// or none.
    package private(set) var decisionID: Int64 = 0
    /// The comment of the decision.
    package private(set) var comments = ""
    /// The reason why a person ignores the alert.
    package private(set) var reason = IgnoreReason.none
    /// The reason why the cause disappeared; nil while it exists.
    package private(set) var resolution: String?
    /// The time when the cause disappeared; 0 while it exists.
    package private(set) var resolvedAt: Int64 = 0

    /// A new alert, whose cause exists.
    package init() {}

    /// An alert from its row.
    package init(
        decision: Decision, reason: IgnoreReason = .none, comments: String, resolution: String?, resolvedAt: Int64,
        decisionID: Int64 = 0
    ) {
        self.decision = decision
        self.decisionID = decisionID
        self.reason = reason
        self.comments = comments
        self.resolution = resolution
        self.resolvedAt = resolvedAt
    }

    package var state: AlertState {
        if resolution != nil { return .resolved }
        if case .ignored = decision { return .ignored }
        return .open
    }

    /// The reason why a person's decision cannot be carried out.
    package enum Refusal: Error, Equatable { case resolved }

    // MARK: What happens

    /// The alert is raised.
    ///
    /// - Parameters:
    ///   - statement: the reason of a VEX statement for ignoring the alert; nil without one.
    ///   - held: the decision for many alerts that counts first among those that reach the alert; nil if there is
    ///     none.
    package mutating func raise(statement: String?, under held: LastingDecision? = nil, at time: Int64) -> Event {
        meetCause(statement: statement, under: held, at: time)
        return Event(at: time, state: state, account: heldBy, comments: state == .open && heldBy == 0 ? "" : comments)
    }

    /// The cause was checked again and still exists; `statement` and `held` as for `raise`. Returns the event if something
    /// changed.
    package mutating func causeIsThere(
        statement: String?, under held: LastingDecision? = nil, at time: Int64
    ) -> Event? {
        let before = self
        meetCause(statement: statement, under: held, at: time)
        guard self != before else { return nil }
        let says =
            if state == .ignored || heldBy != 0 {
                comments
            } else if before.resolution != nil {
                Self.reopened
            } else {
                before.decisionID == 0 ? "" : "The decision for it and others is over"
            }
        return Event(at: time, state: state, account: heldBy, comments: says)
    }

    /// The account that made the lasting decision in force; 0 without one.
    private var heldBy: Int64 { decisionID == 0 ? 0 : account }

    private mutating func meetCause(statement: String?, under held: LastingDecision?, at time: Int64) {
        resolution = nil
        resolvedAt = 0
        expireDecision(at: time)
        if let held, take(held) { return }
        if decisionID != 0 { forgetDecision() }
        switch (decision, statement) {
        case (.none, let statement?), (.ignored(by: 0, _), let statement?):
            decision = .ignored(by: 0, until: 0)
            reason = .none
            comments = statement
        case (.ignored(by: 0, _), nil):
            decision = .none
            comments = ""
        case (.none, nil), (.ignored, _), (.kept, _): break
        }
    }

    /// A person made a decision for many alerts that covers this one. Returns the event; nil if a decision about the
    /// alert itself takes precedence, or if the alert does not change.
    package mutating func hold(under held: LastingDecision, at time: Int64) -> Event? {
        let before = self
        guard take(held), self != before else { return nil }
        return Event(at: time, state: state, account: held.account, comments: comments)
    }

    /// Applies a decision for many alerts to this one; false if the alert's own decision takes precedence.
    private mutating func take(_ held: LastingDecision) -> Bool {
        if isDecidedItself, held.reach != .alert { return false }
        switch held.verdict {
        case .ignored(let reason):
            decision = .ignored(by: held.account, until: held.expires)
            self.reason = reason
        case .open:
            decision = .kept(by: held.account)
            reason = .none
        }
        comments = held.comments
        decisionID = held.id
        return true
    }

    /// Whether a person decided about this alert alone.
    private var isDecidedItself: Bool {
        guard decisionID == 0 else { return false }
        switch decision {
        case .none, .ignored(by: 0, _): return false
        case .ignored, .kept: return true
        }
    }

    private mutating func forgetDecision() {
        decision = .none
        reason = .none
        comments = ""
        decisionID = 0
    }

    /// The cause was checked and no longer exists. Returns the event if the cause was present
    /// before.
    package mutating func causeIsGone(because reason: AlertType.Resolution, at time: Int64) -> Event? {
        guard resolution == nil else { return nil }
        resolution = reason.rawValue
        resolvedAt = time
        return Event(at: time, state: .resolved, account: 0, comments: reason.rawValue)
    }

    /// A person ignores the alert, until a time or permanently (0).
    package mutating func ignore(
        by account: Int64, because reason: IgnoreReason = .none, comments: String, until: Int64, at time: Int64
    ) throws(Refusal) -> Event? {
        try decide(.ignored(by: account, until: until), reason, by: account, comments: comments, at: time)
    }

    /// A person reopens the alert, or keeps it open.
    package mutating func open(by account: Int64, comments: String, at time: Int64) throws(Refusal) -> Event? {
        try decide(.kept(by: account), .none, by: account, comments: comments, at: time)
    }

    private mutating func decide(
        _ wanted: Decision, _ reason: IgnoreReason, by account: Int64, comments: String, at time: Int64
    ) throws(Refusal) -> Event? {
        if resolution != nil { throw .resolved }
        guard decision != wanted || self.comments != comments || self.reason != reason || decisionID != 0 else {
            return nil
        }
        decision = wanted
        decisionID = 0
        self.reason = reason
        self.comments = comments
        return Event(at: time, state: state, account: account, comments: comments)
    }

    /// Ends a decision whose time is over. Returns the event if the time of ignoring ended.
    package mutating func expire(at time: Int64) -> Event? {
        let before = state
        guard expireDecision(at: time), state != before else { return nil }
        return Event(at: time, state: state, account: 0, comments: "The time of ignoring is over")
    }

    @discardableResult
    private mutating func expireDecision(at time: Int64) -> Bool {
        guard case .ignored(_, let until) = decision, until > 0, until <= time else { return false }
        forgetDecision()
        return true
    }
}
