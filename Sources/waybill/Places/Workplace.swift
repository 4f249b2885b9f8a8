import API
import Database
import Intake
import Jobs
import Reports
import Service

// DESIGN. A command says what it wants; a workplace does it, on the data itself (`DataPlace`, the operator's, who needs no key) or by
// the calls of a server (`ServerPlace`, with a user's key). Arguments, questions to a person, what is printed and the exit status are
// the command's, so that they are the same on both sides. What the two sides share of a step (finding a name, checking a report's
// request) is written once, for both.

/// Where a command does its work.
protocol Workplace {
    /// The organization, product or project with this token or name: `Shop`, `Shop/Cart`, `Example Corp/Shop/Cart`; the
    /// organization where none is named. A name that several kinds have means the widest.
    ///
    /// - Parameters:
    ///   - outer: the organization in which it is looked for; nil for the one that `--org` names, else any.
    ///   - kinds: what it may be, the widest first.
    func place(named wanted: String?, in outer: NamedPlace?, kinds: [ScopeKind]) throws -> NamedPlace

    /// The things of a kind in a place, at most `limit` of them.
    ///
    /// - Parameter email: whose keys.
    func items(_ kind: Kind, in place: NamedPlace, limit: Int, email: String?) throws -> Listed

    /// Deletes a thing that `items` gave.
    func delete(_ item: Item, in place: NamedPlace, email: String?) throws

    /// How jobs stand, in the order of their uuids. Fails where one is not known.
    func standings(of uuids: [String]) throws -> [JobStanding]

    /// Has jobs tried again; all that were given up where none are named.
    func retry(_ uuids: [String]?) throws -> [(uuid: String, outcome: Queue.Rerun)]

    /// The first items of an answer, over its pages.
    func answer(to question: Question, limit: Int) throws -> Question.Answer

    /// Makes a report into its output.
    ///
    /// - Parameters:
    ///   - fields: the filters of the request.
    ///   - progress: takes the rows that are done and the bytes that were written.
    func make(
        _ request: ReportRequest, of place: NamedPlace, fields: [String: [String]], into output: ReportOutput,
        progress: ReportProgress
    ) throws -> ReportResult

    /// Brings a document in and waits until it is.
    func bring(_ document: ImportFile, isQuiet: Bool) throws -> Imported

    /// The tokens of all products, so that it is seen which are made; nil where the key may not know.
    func productTokens() throws -> Set<String>?
}

/// The meaning of a name on the command line.
struct NamedPlace: Sendable {
    /// On a server without the numbers of its database: only the kind counts.
    let scope: Scope
    /// The token; empty on the data itself, where `scope` says all.
    let token: String
}

/// Things of a kind.
struct Listed: Sendable {
    let items: [Item]
    /// Whether there are more than the limit.
    let hasMore: Bool
}

/// How a job stands.
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

/// How far a report is.
struct ReportProgress: Sendable {
    let rows = Count()
    let bytes = Count()
}

/// The result of an import.
struct Imported: Sendable {
    let result: Intake.Result
    /// As `--json` prints it.
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
    /// A product's name, which is made when there is none; empty where the document names all.
    var product = ""
    /// A project's name, or empty for the name of what the document describes.
    var project = ""
    var projectVersion = ""
    /// The project that exists and is all that the document is about.
    var about: NamedPlace?

    /// For people.
    var label: String { file == "-" ? "standard input" : file }
}

extension Configuration {
    /// Where a command does its work: at the server that the settings name, else on the data.
    func workplace() throws -> any Workplace {
        guard let address = try serverAddress() else { return try DataPlace(self) }
        return try ServerPlace(address, self)
    }
}
