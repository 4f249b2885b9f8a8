import Inventory

/// A licence claim in a form that a valid document can contain.
enum LicenseStatement: Hashable {
    /// The expression that the inventory reads in the claim, in a form that third-party readers accept: every id is on the SPDX
    /// list or a reference.
    case expression(LicenseExpression)
    case none
    case noAssertion

    /// A valid `LicenseRef-` for a name (Annex D.2: letters, digits, `-` and `.`).
    static func reference(_ name: String) -> String {
        LicenseExpression.Term.reference(named: name).id
    }
}

/// The parsed claims of one component.
struct LicenseStatements {
    /// One statement for each claim.
    fileprivate(set) var statements: [LicenseStatement] = []
    /// The names of references that no document declares.
    fileprivate(set) var names: [String: String] = [:]
    /// The references of the document that were replaced by other terms, by the text of the term.
    fileprivate(set) var origins: [String: String] = [:]

    /// All statements as one expression; nil without any.
    var expression: LicenseExpression? {
        LicenseExpression.all(
            statements.compactMap { if case .expression(let expression) = $0 { expression } else { nil } })
    }

    /// The name of an expression that is a single named licence; nil for others.
    func name(of expression: LicenseExpression) -> String? {
        expression.single.flatMap { $0.exception.isEmpty ? names[$0.id] : nil }
    }
}

/// Reads claims for writers, and caches the frequent ones.
struct LicenseStatementReader: Sendable {
    private static let memoryLimit = 4096

    /// Whether `+` may also follow an id that the list has only without one (Annex D.3: `Apache-2.0+`). The standard allows
    /// that everywhere, but the reference readers of SPDX 2 (license-expression, spdx-tools) refuse it.
    private let takesAnyPlus: Bool
    /// The names of references by their ids, in the document of the components that follow.
    private var declared: [String: String] = [:]
    /// The expressions of claims that have neither texts nor references of their own.
    private var known: [[LicenseClaim.Form]: LicenseStatements] = [:]

    init(takesAnyPlus: Bool) { self.takesAnyPlus = takesAnyPlus }

    mutating func declare(_ licenses: [ExtractedLicense]) {
        declared = Dictionary(licenses.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        known.removeAll()
    }

    mutating func read(_ claims: [LicenseClaim]) -> LicenseStatements {
        let isPlain = claims.allSatisfy { $0.references.isEmpty && $0.text.isEmpty }
        let forms = claims.map(\.form)
        if isPlain, let read = known[forms] { return read }
        // Claims contain the names of their references, except claims of older imports.
        let isOld = claims.contains { $0.references.isEmpty && $0.mentionsReference }
        var names = isOld ? declared : [:]
        for reference in claims.flatMap(\.references) { names[reference.id] = reference.name }
        var meaning = LicenseMeaning(declared: names)
        var read = LicenseStatements()
        for claim in claims {
            let meant = claim.expression(by: &meaning) ?? Self.unnamed(claim, &read.names)
            read.statements.append(
                meant.map { .expression(fit($0, &read.names)) } ?? (claim.isNone ? .none : .noAssertion))
        }
        for id in meaning.coined { read.names[id] = meaning.names[id] }
        read.origins = meaning.origins
        // The document contains the name and text of each declared reference.
        for id in names.keys { read.names[LicenseStatement.reference(id)] = nil }
        if isPlain {
            if known.count >= Self.memoryLimit { known.removeAll() }
            known[forms] = read
        }
        return read
    }

    /// The licence, when the document has only its text; nil for others.
    private static func unnamed(_ claim: LicenseClaim, _ names: inout [String: String]) -> LicenseExpression? {
        guard case .name(let name) = claim.form, name.isBlank, !claim.text.isBlank else { return nil }
        let id = LicenseStatement.reference("unnamed")
        names[id] = "unnamed"
        return LicenseExpression(root: .term(.init(id: id)))
    }

    /// The expression, with a `LicenseRef-` in place of each part that the standards or their readers refuse.
    private func fit(_ expression: LicenseExpression, _ names: inout [String: String]) -> LicenseExpression {
        var found: [String: String] = [:]
        let fitting = expression.mapTerms { term in
            let name: String
            var id: String?
            if !term.document.isEmpty {
                // The other document would have to be declared with its checksum, which is not stored.
                name = term.document + "-" + NamedLicense.tail(of: term.id)
            } else if !term.exception.isEmpty, term.isReference || LicenseList.spdx.exception(id: term.exception) == nil
            {
                var plain = term
                if plain.exception.hasPrefix("AdditionRef-") { plain.exception.removeFirst("AdditionRef-".utf8.count) }
                name = plain.text
            } else if !takesAnyPlus, term.hasUnlistedPlus {
                // The name restores the part when the document is read again.
                name = term.text
                id = LicenseStatement.reference(term.id + "-or-later")
            } else {
                if let unversioned = UnversionedLicense(id: term.id) { found[term.id] = unversioned.name }
                return .term(term)
            }
            let reference = id ?? LicenseStatement.reference(name)
            found[reference] = name
            return .term(.init(id: reference))
        }
        names.merge(found) { first, _ in first }
        return fitting
    }
}

extension LicenseExpression.Term {
    /// Whether a `+` follows an id that the list does not have with a `+`.
    var hasUnlistedPlus: Bool { orLater && !isReference && LicenseList.spdx.license(id: id + "+") == nil }
}
