import Bytes
import Database
import HTTP
import Intake
import Jobs
import Reports

// DESIGN. `asyncProcessStatus`, the answer to a submission, a poll and a cancellation: reports.md §1.3. Clients print it,
// compare its status, and name files after `processType`. Members that Mend lacks follow Mend's own.

/// A job in the form of its envelope.
struct Envelope {
    let job: Job
    /// The e-mail address of the requesting user; may be empty.
    let email: String
    /// The number of uploads that a waiting report waits for.
    var uploadsAhead = 0
    /// Cells that were cut to fit the format, or warnings of an upload's import.
    var notes: [String] = []
    /// The basis of the verdict about vulnerabilities, for an imported upload.
    var basis: Basis?

    var response: HTTPResponse {
        Answer.object { answer in write(as: "asyncProcessStatus", to: &answer) }
    }

    /// Writes the envelope as a member.
    func write(as name: StaticString, to answer: inout JSONWriter) {
        answer.object(name) { write(to: &$0) }
    }

    /// Writes its members.
    func write(to answer: inout JSONWriter) {
        answer.text("uuid", job.uuid)
        answer.text("requestToken", job.requestToken)
        // The only documented example with a number is that of an SBOM; all other examples have a string.
        if Self.numbered.contains(job.processType) {
            answer.number("contextId", contextID)
        } else {
            answer.text("contextId", String(contextID))
        }
        answer.text("contextType", kind.contextType)
        answer.text("processType", job.processType)
        answer.text("userEmail", email)
        answer.text("messageContentSha1", job.requestSHA1)
        answer.text("status", job.state.rawValue)
        answer.time("created", job.created)
        answer.time("modified", job.modified)
        if job.state == .failed { answer.text("errorMessage", job.error) }
        if job.state != .pending { answer.number("rowsDone", job.rowsDone) }
        let outage = job.state == .pending ? job.waitingFor : nil
        if uploadsAhead > 0 || outage != nil {
            answer.object("waitingFor") { answer in
                if uploadsAhead > 0 { answer.number("uploads", Int64(uploadsAhead)) }
                if let outage {
                    answer.text("reason", outage.rawValue)
                    answer.text("message", outage.description)
                    answer.time("since", job.waitingSince)
                }
            }
        }
        if !notes.isEmpty { answer.texts("notes", notes) }
        // The output of `waybill import --json` for it: names, tokens and counts. It is JSON already, which no writer checks;
        // its names and warnings may contain the word that clients search for.
        if job.kind == .intake, job.state == .success, !job.result.isEmpty {
            answer.raw("imported", job.result.replacing("errorCode", with: #"error\u0043ode"#))
        }
        if let basis { answer.object("basis") { basis.write(to: &$0) } }
    }

    private var kind: ScopeKind { job.project != 0 ? .project : job.product != 0 ? .product : .organization }

    private var contextID: Int64 {
        switch kind {
        case .organization: job.organization
        case .product: job.product
        case .project: job.project
        }
    }

    /// The process types of SBOMs.
    private static let numbered: Set<String> = Set(
        Report.catalog.flatMap { report in
            guard case .bom = report.body else { return [String]() }
            return report.name.types.values.map { processType($0) }
        })

    /// The process types of reports about the use of the server.
    private static let trails = Set(
        Report.catalog.filter(\.isTrail).flatMap { $0.name.types.values.map { processType($0) } })

    /// Whether a process of this type makes a report only for administrators.
    static func isTrail(_ processType: String) -> Bool { trails.contains(processType) }

    /// A report type in upper snake case: `ProjectSBOMReport` becomes `PROJECT_SBOM_REPORT`.
    static func processType(_ name: String) -> String {
        let letters = Array(name)
        var word = ""
        for (index, letter) in letters.enumerated() {
            let endsAcronym = index + 1 < letters.count && letters[index + 1].isLowercase
            if index > 0, letter.isUppercase, !letters[index - 1].isUppercase || endsAcronym { word += "_" }
            word += letter.uppercased()
        }
        return word
    }

    /// A digit, a version-4 UUID without hyphens, and the time in milliseconds: 46 characters.
    static func requestToken(at time: Int64, _ random: Randomness) throws -> String {
        let digit = try random.bytes(1)[0] % 10
        let uuid = try random.uuid().filter { $0 != "-" }
        let milliseconds = String(max(0, time))
        return "\(digit)\(uuid)\(String(repeating: "0", count: max(0, 13 - milliseconds.count)))\(milliseconds)"
    }
}
