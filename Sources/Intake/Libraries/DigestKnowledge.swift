import BOM
import Database
import Inventory

/// Finds the libraries for which a document has only a digest (`DigestNames`).
struct DigestKnowledge {
    /// The answer for one digest.
    enum Answer: Sendable {
        case named(Component)
        /// Documents disagree; with their names for it.
        case disputed([String])
    }

    private let organization: Int64
    private let connection: any Connection

    init(of organization: Int64, on connection: any Connection) {
        self.organization = organization
        self.connection = connection
    }

    /// A description that consists only of a digest.
    struct File: Sendable {
        let digest: String
        let answer: Answer?
    }

    /// Reads descriptions back, and recognizes their libraries.
    static func files(_ ids: [Int64], organization: Int64, in database: any Database) throws -> [File] {
        try DigestNames.catchUp(organization: organization, in: database)
        return try database.snapshot { connection in
            let components = try ids.map { id in
                let body = try connection.first("SELECT body FROM library_facts WHERE library = \(id)") { $0.string(0) }
                guard let body else { throw IntakeError.superseded }
                let component = try ComponentFacts.decode(body)
                let row = LibraryRow(digest: LibraryDigest(of: []), body: "", component: component)
                return (digest: row.identity.digest, component: component)
            }
            let answers = try DigestKnowledge(of: organization, on: connection).answers(to: components)
            return components.map { File(digest: $0.digest, answer: answers[$0.digest]) }
        }
    }

    /// The answers by digest, for components with only a digest; unknown digests are left out.
    func answers(to components: [(digest: String, component: Component)]) throws -> [String: Answer] {
        let known = try DigestNames.known(components.map(\.digest), organization: organization, on: connection)
        var answers: [String: Answer] = [:]
        for (digest, component) in components {
            switch known[digest] {
            case .listed(let purl, let licenses):
                if let named = Self.component(purl, licenses) {
                    answers[digest] = .named(Self.joined(named, with: component))
                }
            case .described(let library):
                let body = try connection.first("SELECT body FROM library_facts WHERE library = \(library)") {
                    $0.string(0)
                }
                if let body { answers[digest] = .named(Self.joined(try ComponentFacts.decode(body), with: component)) }
            case .disputed(let names): answers[digest] = .disputed(names)
            case nil: break
            }
        }
        return answers
    }

    /// The component that a list describes.
    private static func component(_ text: String, _ licenses: [String]) -> Component? {
        guard let purl = PackageURL(text) else { return nil }
        var component = Component(ref: "", name: purl.name)
        component.group = purl.namespace
        component.version = purl.version
        component.purl = purl.text
        component.licenses = licenses.map { LicenseClaim(.name($0)) }
        return component
    }

    /// The known libraries, with the digests of the document. The document's name for the file says nothing about the library.
    private static func joined(_ known: Component, with own: Component) -> Component {
        var known = known
        for hash in own.hashes where !known.hashes.contains(hash) { known.hashes.append(hash) }
        return known
    }

    /// A warning about digests to which documents give different names; nil without any.
    static func warning(of disputed: [(digest: String, names: [String])]) -> String? {
        guard let first = disputed.first else { return nil }
        let more = disputed.count > 1 ? " and \(disputed.count - 1) more digests" : ""
        let names = first.names.map { String($0.prefix(100)) }.joined(separator: ", ")
        return
            "documents disagree about \(first.digest)\(more), so that files with it have no name: they say \(names); "
            + "waybill import digests decides"
    }
}
