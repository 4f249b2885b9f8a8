package import Inventory

// DESIGN. An alert has a cause, which exists or not, and a decision by a person or a VEX statement. A person's decision about the alert
// itself counts first, then a decision for many (`LastingDecision`), then documents. The state follows from cause and decision: RESOLVED
// without a cause; otherwise IGNORED while a decision says so, else OPEN. So no decision is lost when a library is missing from one scan
// and back in the next.

/// The states of an alert.
package enum AlertState: String, Sendable, CaseIterable {
    case open = "OPEN"
    case ignored = "IGNORED"
    case resolved = "RESOLVED"
}

/// The part of an alert that changes with its life.
package struct AlertLife: Sendable, Equatable {
    /// The decision about an alert.
    package enum Decision: Sendable, Equatable {
        case none
        /// By an account, or 0 for a VEX statement; until a time, or 0 for good.
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

        /// Whether an alert is open by the server's own decision, and if so, whether the reason is that it is no longer ignored
        /// rather than that its cause came back; nil otherwise.
        var isExpiry: Bool? { state == .open && account == 0 ? comments != AlertLife.reopened : nil }
    }

    /// The comment of an alert whose cause came back.
    fileprivate static let reopened = "Reopened"

    package private(set) var decision: Decision = .none
    /// The decision for many alerts that counts (`LastingDecision.id`); 0 where the alert's own does, a document's, or none.
    package private(set) var decisionID: Int64 = 0
    /// The comment of the decision.
    package private(set) var comments = ""
    /// Why a person ignores it.
    package private(set) var reason = IgnoreReason.none
    /// Why the cause disappeared; nil while it exists.
    package private(set) var resolution: String?
    /// When the cause disappeared; 0 while it exists.
    package private(set) var resolvedAt: Int64 = 0

    /// A new alert, whose cause exists.
    package init() {}

    /// An alert as its row has it.
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

    /// Why a person's decision cannot be carried out.
    package enum Refusal: Error, Equatable { case resolved }

    // MARK: What happens

    /// The alert is raised.
    ///
    /// - Parameters:
    ///   - statement: the reason that a VEX statement gives for ignoring it; nil without one.
    ///   - held: of the decisions for many alerts that reach it, the one that counts first; nil if there is none.
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

    /// The account that made the lasting decision in force; 0 where there is none.
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

    /// A person decided for many alerts, this one among them. Returns the event; nil if a decision about the alert itself
    /// counts before it, or if the alert does not change.
    package mutating func hold(under held: LastingDecision, at time: Int64) -> Event? {
        let before = self
        guard take(held), self != before else { return nil }
        return Event(at: time, state: state, account: held.account, comments: comments)
    }

    /// Makes what a decision for many alerts says the alert's; false where the alert's own decision counts before it.
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

    /// Whether a person decided about this alert, not for many.
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

    /// A person ignores it, until a time or (0) for good.
    package mutating func ignore(
        by account: Int64, because reason: IgnoreReason = .none, comments: String, until: Int64, at time: Int64
    ) throws(Refusal) -> Event? {
        try decide(.ignored(by: account, until: until), reason, by: account, comments: comments, at: time)
    }

    /// A person opens it again, or keeps it open.
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

    /// Time passes. Returns the event if the time of ignoring ended.
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
