import BOM
import Foundation
import TestSupport
import VEX

/// Keeps the statements from a reader.
struct Kept: StatementReceiver {
    var head: StatementHead?
    var statements: [Statement] = []
    var warnings: [String] = []

    mutating func begin(_ head: StatementHead) throws(BOMError) { self.head = head }
    mutating func statement(_ statement: Statement) throws(BOMError) { statements.append(statement) }
    mutating func warning(_ text: String) { warnings.append(text) }

    /// The statements in a text.
    static func read(_ text: String) throws -> Kept {
        let folder = try TemporaryFolder()
        let path = folder.path("vex.json")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        var kept = Kept()
        try VEXReader.read(file: path, into: &kept)
        return kept
    }
}

extension Statement {
    /// Vulnerability, state, justification and targets as one line.
    var line: String {
        let why = justification.map { " \($0.rawValue)" } ?? ""
        let fault = fault.map { " !\($0)" } ?? ""
        return "\(vulnerability.id) \(state.rawValue)\(why): \(targets.map(\.text).joined(separator: ", "))\(fault)"
    }
}

/// An OpenVEX document of these statements.
func openVEX(_ statements: String) -> String {
    """
    {"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x:1","author":"Example","timestamp":"2024-06-01T00:00:00Z",
    "version":3,"statements":[\(statements)]}
    """
}

/// A CSAF document with this product tree and these vulnerabilities.
func csaf(tree: String, _ vulnerabilities: String) -> String {
    """
    {"vulnerabilities":[\(vulnerabilities)],"product_tree":{\(tree)},"document":{"csaf_version":"2.0","category":"csaf_vex",
    "publisher":{"name":"Example"},"tracking":{"id":"EX-1","version":"2","current_release_date":"2024-06-01T00:00:00Z"}}}
    """
}
