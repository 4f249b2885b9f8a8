import API
import Database
import Intake
import Jobs
import Reports
import Service

// DESIGN. A command states its task, and a workplace performs it: on the data itself (`DataPlace`, for the operator, who needs
// no key), or by the calls of a server (`ServerPlace`, with a user's key). The command handles arguments, questions to a
// person, output and exit status, so these are the same for both. Steps that both share (finding a name, checking a report's
// request) are written once.

/// The place where a command does its work.
protocol Workplace {
    /// The organization, product or project with this token or name: `Shop`, `Shop/Cart`, `Example Corp/Shop/Cart`; the
    /// organization if none is given. A name that several kinds have means the widest kind.
    ///
    /// - Parameters:
    ///   - outer: the organization to search; nil for the one of `--org`, or otherwise any.
    ///   - kinds: the allowed kinds, the widest first.
    func place(named wanted: String?, in outer: NamedPlace?, kinds: [ScopeKind]) throws -> NamedPlace

    /// The things of a kind in a place, at most `limit`.
    ///
    /// - Parameter email: the owner of the keys.
    func items(_ kind: Kind, in place: NamedPlace, limit: Int, email: String?) throws -> Listed

    /// Deletes a thing from `items`.
    func delete(_ item: Item, in place: NamedPlace, email: String?) throws

    /// The states of jobs, in the order of their uuids. Throws for an unknown job.
    func standings(of uuids: [String]) throws -> [JobStanding]

    /// Tries jobs again; without names, all jobs that were given up.
    func retry(_ uuids: [String]?) throws -> [(uuid: String, outcome: Queue.Rerun)]

    /// The first items of an answer, over several pages.
    func answer(to question: Question, limit: Int) throws -> Question.Answer

    /// Makes a report into its output.
    ///
    /// - Parameters:
    ///   - fields: the filters of the request.
    ///   - progress: called with the number of finished rows and of written bytes.
    func make(
        _ request: ReportRequest, of place: NamedPlace, fields: [String: [String]], into output: ReportOutput,
        progress: ReportProgress
    ) throws -> ReportResult

    /// Imports a document and waits until the import has ended.
    func bring(_ document: ImportFile, isQuiet: Bool) throws -> Imported

    /// The tokens of all products, so that new ones are noticed; nil if the key may not see them.
    func productTokens() throws -> Set<String>?
}

/// The meaning of a name on the command line.
struct NamedPlace: Sendable {
    /// For a server only the kind counts, because the numbers in its database are unknown.
    let scope: Scope
    /// The token; empty on the data itself, where `scope` suffices.
    let token: String
}

/// Things of a kind.
struct Listed: Sendable {
    let items: [Item]
    /// Whether there are more than the limit.
    let hasMore: Bool
}

/// The state of a job.
struct JobStanding: Sendable {
    let uuid: String
    let state: Job.State
    let error: String
}

/// The result of a report.
struct ReportResult: Sendable {
    let parts: Int
    let rows: Int
    let notes: [String]
}

/// The progress of a report.
struct ReportProgress: Sendable {
    let rows = Count()
    let bytes = Count()
}

/// The result of an import.
struct Imported: Sendable {
    let result: Intake.Result
    /// The output of `--json`.
    let json: String

    init(_ result: Intake.Result) { self.init(result: result, json: result.json) }

    init(result: Intake.Result, json: String) { (self.result, self.json) = (result, json) }
}

extension Workplace {
    /// The most things that a command lists or looks among.
    var listLimit: Int { 1_000_000 }

    /// The organization that a command is about.
    func organization() throws -> NamedPlace { try place(named: nil, in: nil, kinds: []) }
}

/// A file to bring in.
struct ImportFile: Sendable {
    enum Kind: Sendable { case sbom, vex }

    let kind: Kind
    /// `-` for standard input.
    let file: String
    /// The name of a product, which is made on first use; empty if the document names everything.
    var product = ""
    /// The name of a project; empty for the name of the described component.
    var project = ""
    var projectVersion = ""
    /// The existing project that is the only subject of the document.
    var about: NamedPlace?

    /// The name for people.
    var label: String { file == "-" ? "standard input" : file }
}

extension Configuration {
    /// The place of a command's work: the server in the settings, otherwise the data.
    func workplace() throws -> any Workplace {
        guard let address = try serverAddress() else { return try DataPlace(self) }
        return try ServerPlace(address, self)
    }
}
