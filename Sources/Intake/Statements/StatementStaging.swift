import BOM
import Database
import Jobs
import VEX

/// Takes the statements of one document and stages them as rows.
final class StatementStaging: StatementReceiver {
    /// The rows of a transaction.
    private static let chunk = 500
    /// The most bytes of a stored text.
    private static let textLimit = 4000
    private static let nameLimit = 200
    private static let namesLimit = 50
    /// The most pairs of a statement and a product in one document; each may become an alert.
    static let pairLimit = 50_000

    private let database: any Database
    private let lease: Lease
    private let hasRoom: @Sendable () -> Bool
    private let time: Int64
    private(set) var row: StatementDocumentRow
    /// The staged document; nil before its head was read.
    private(set) var document: Int64?
    private(set) var count = 0
    private(set) var warnings: [String] = []
    private var rows: [StatementRow] = []
    private var targets = 0
    private var pairs = 0
    /// The error that stopped the staging; nil if the document is at fault.
    private(set) var failure: (any Error)?

    init(_ row: StatementDocumentRow, by intake: Intake, lease: Lease) {
        self.row = row
        database = intake.database
        hasRoom = intake.hasRoom
        self.lease = lease
        time = intake.queue.now()
    }

    func begin(_ head: StatementHead) throws(BOMError) {
        row.dialect = head.dialect
        row.author = String(head.author.prefix(Self.nameLimit))
        row.identifier = String(head.identifier.prefix(Self.textLimit))
        row.version = String(head.version.prefix(Self.nameLimit))
        row.at = head.time ?? time
        try working { [row, time] in
            document = try database.write { try StatementDocuments.stage(row, at: time, on: $0) }
        }
    }

    func statement(_ statement: Statement) throws(BOMError) {
        rows.append(made(of: statement))
        targets += statement.targets.count
        if rows.count >= Self.chunk || targets >= Self.chunk * 4 { try flush() }
    }

    func warning(_ text: String) { if warnings.count < 100 { warnings.append(text) } }

    /// Writes the remaining rows.
    func finish() throws(BOMError) { try flush() }

    private func flush() throws(BOMError) {
        guard let document, !rows.isEmpty else { return }
        try working {
            if lease.stopReason != nil { throw WorkError.stopped }
            if !hasRoom() { throw IntakeError.withoutRoom(after: count) }
            let (some, first, organization) = (rows, count, row.organization)
            try database.write {
                try Statements.insert(some, into: document, organization: organization, from: first, on: $0)
            }
            count += some.count
            lease.progress = count
        }
        rows.removeAll(keepingCapacity: true)
        targets = 0
    }

    /// Failures here are stored apart from faults of the document.
    private func working(_ body: () throws -> Void) throws(BOMError) {
        do {
            try body()
        } catch {
            failure = error
            throw .failed(what: "\(error)")
        }
    }

    // MARK: Rows

    private func made(of statement: Statement) -> StatementRow {
        var made = StatementRow()
        let claim = statement.vulnerability
        made.name = claim.id
        let names = ([claim.id] + claim.aliases).filter {
            !$0.isEmpty && $0.utf8.count <= Self.nameLimit && !$0.contains("\n")
        }
        made.names = Array(Set(names)).sorted().prefix(Self.namesLimit).map(\.self)
        if !made.names.contains(claim.id), !claim.id.isEmpty { made.names.append(claim.id) }
        made.state = statement.state.rawValue
        made.justification = statement.justification?.rawValue ?? ""
        made.impact = String(statement.impact.prefix(Self.textLimit))
        made.action = String(statement.action.prefix(Self.textLimit))
        made.responses = statement.responses
        made.at = statement.lastUpdated ?? statement.firstIssued ?? row.at
        made.first = statement.firstIssued ?? made.at
        made.fault = statement.fault ?? ""
        if claim.id.utf8.count > Self.nameLimit {
            made.name = String(claim.id.prefix(Self.nameLimit / 4))
            made.fault = "the name of its vulnerability is longer than \(Self.nameLimit) bytes"
        }
        let first = statement.targets.first.map { String($0.text.prefix(500)) } ?? ""
        made.shown = statement.targets.count > 1 ? "\(first) and \(statement.targets.count - 1) more" : first
        made.body = VulnerabilityFacts.encode(claim)
        if made.fault.isEmpty { addTargets(of: statement, to: &made) }
        return made
    }

    private func addTargets(of statement: Statement, to made: inout StatementRow) {
        var obstacle: String?
        for target in statement.targets {
            let meant = target.part ?? target.product
            if let why = meant.obstacle(inProject: row.project) {
                obstacle = obstacle ?? why
                continue
            }
            // A part is searched among libraries; its product is then compared.
            made.targets.append(
                StatementRow.Target(
                    product: target.product.encode(), part: target.part?.encode() ?? "",
                    keys: meant.keys(inProject: row.project)))
        }
        if made.targets.isEmpty { made.fault = obstacle ?? "it names no product" }
        pairs += made.targets.count
        if pairs > Self.pairLimit {
            pairs -= made.targets.count
            made.targets = []
            made.fault =
                "with it the document names more than \(Self.pairLimit) products; import the rest as another document"
        }
    }
}
