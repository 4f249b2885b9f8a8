import Inventory
import Testing

@testable import Database

/// The state of an alert follows from its cause and from decisions (docs/policies-and-alerts.md).
@Suite struct AlertLives {
    private func raised(_ statement: String? = nil) -> AlertLife {
        var life = AlertLife()
        _ = life.raise(statement: statement, at: 1)
        return life
    }

    @Test func aCauseThatStaysChangesNothing() {
        var life = raised()
        #expect(life.state == .open)
        #expect(life.causeIsThere(statement: nil, at: 2) == nil)
        #expect(life == raised())
    }

    @Test func aCauseThatGoesResolvesAndOneThatReturnsReopens() {
        var life = raised()
        let gone = life.causeIsGone(because: .libraryRemoved, at: 5)
        #expect(gone == .init(at: 5, state: .resolved, account: 0, comments: "Library removed"))
        #expect((life.state, life.resolvedAt) == (.resolved, 5))
        #expect(life.causeIsGone(because: .policyChanged, at: 6) == nil)
        #expect(
            life.causeIsThere(statement: nil, at: 7) == .init(at: 7, state: .open, account: 0, comments: "Reopened"))
        #expect((life.state, life.resolvedAt, life.resolution) == (.open, 0, nil))
    }

    @Test func aDecisionOutlastsAnAbsence() throws {
        var life = raised()
        let event = try life.ignore(by: 7, comments: "not used", until: 0, at: 2)
        #expect(event == .init(at: 2, state: .ignored, account: 7, comments: "not used"))
        _ = life.causeIsGone(because: .libraryRemoved, at: 3)
        #expect(life.state == .resolved)
        #expect(throws: AlertLife.Refusal.resolved) { _ = try life.open(by: 7, comments: "", at: 4) }
        _ = life.causeIsThere(statement: nil, at: 5)
        #expect((life.state, life.comments) == (.ignored, "not used"))
    }

    @Test func ignoringEndsInTime() throws {
        var life = raised()
        _ = try life.ignore(by: 7, comments: "later", until: 100, at: 2)
        #expect(life.expire(at: 99) == nil)
        #expect(life.expire(at: 100)?.state == .open)
        #expect(life.state == .open)
        _ = try life.ignore(by: 7, comments: "later", until: 200, at: 150)
        _ = life.causeIsGone(because: .libraryRemoved, at: 160)
        // The decision expires while the alert is resolved, so the alert returns as open.
        #expect(life.causeIsThere(statement: nil, at: 300)?.state == .open)
    }

    @Test func aStatementIgnoresUntilItIsTakenBack() {
        var life = raised("code_not_present")
        #expect((life.state, life.comments) == (.ignored, "code_not_present"))
        #expect(life.causeIsThere(statement: "code_not_present", at: 2) == nil)
        #expect(life.causeIsThere(statement: "code_not_reachable", at: 3)?.comments == "code_not_reachable")
        #expect(life.causeIsThere(statement: nil, at: 4)?.state == .open)
    }

    @Test func aPersonGoesBeforeAStatement() throws {
        var life = raised("code_not_present")
        _ = try life.open(by: 7, comments: "it is", at: 2)
        #expect(life.causeIsThere(statement: "code_not_present", at: 3) == nil)
        #expect(life.state == .open)
        _ = try life.ignore(by: 7, comments: "mine", until: 0, at: 4)
        #expect(life.causeIsThere(statement: nil, at: 5) == nil)
        #expect((life.state, life.comments) == (.ignored, "mine"))
    }

    @Test func theSameDecisionAgainIsNoEvent() throws {
        var life = raised()
        _ = try life.ignore(by: 7, comments: "a", until: 0, at: 2)
        #expect(try life.ignore(by: 7, comments: "a", until: 0, at: 3) == nil)
        #expect(try life.ignore(by: 7, comments: "b", until: 0, at: 4)?.comments == "b")
    }

    // MARK: Under a decision for many

    private func decision(
        _ verdict: LastingDecision.Verdict = .ignored(.none), _ reach: LastingDecision.Reach = .product,
        at time: Int64 = 2
    ) -> LastingDecision {
        var made = LastingDecision(verdict, reach: reach, organization: 1, by: 8, at: time)
        made.id = 5
        made.comments = "for all"
        return made
    }

    @Test func aDecisionForManyGoesBeforeAStatementAndLeavesItBehind() {
        var life = AlertLife()
        let event = life.raise(statement: "not affected", under: decision(.open), at: 3)
        #expect(event == .init(at: 3, state: .open, account: 8, comments: "for all"))
        #expect(life.causeIsThere(statement: "not affected", under: decision(.open), at: 4)?.comments == nil)
        #expect(life.causeIsThere(statement: "not affected", under: decision(), at: 5)?.state == .ignored)
        #expect(life.causeIsThere(statement: "not affected", at: 6)?.comments == "not affected")
        #expect(life.causeIsThere(statement: nil, at: 7)?.state == .open)
    }

    @Test func theAlertsOwnDecisionGoesBeforeOneForMany() throws {
        var life = raised()
        _ = try life.open(by: 7, comments: "mine", at: 2)
        #expect(life.hold(under: decision(), at: 3) == nil)
        #expect(life.causeIsThere(statement: nil, under: decision(), at: 4) == nil)
        #expect((life.state, life.comments) == (.open, "mine"))
        #expect(life.hold(under: decision(.ignored(.none), .alert), at: 5)?.account == 8)
        #expect(life.state == .ignored)
        // Then again the alert's own decision.
        _ = try life.ignore(by: 7, comments: "for all", until: 0, at: 6)
        #expect(life.decisionID == 0)
    }

    @Test func theNarrowerDecisionComesFirstThenTheNewer() {
        let reaches = LastingDecision.Reach.allCases
        for (place, reach) in reaches.enumerated() {
            for wider in reaches[(place + 1)...] {
                #expect(decision(.open, reach, at: 1).comesBefore(decision(.open, wider, at: 9)))
                #expect(!decision(.open, wider, at: 9).comesBefore(decision(.open, reach, at: 1)))
            }
        }
        #expect(decision(at: 9).comesBefore(decision(at: 1)))
        var named = decision(at: 1)
        named.libraryName = "pkg:npm/a"
        #expect(named.comesBefore(decision(at: 9)))
    }
}
