import Inventory

/// A licence statement as a valid document can make it.
enum LicenseStatement: Equatable {
    /// An expression in which every id is in the SPDX list or a reference, and that third-party readers take.
    case expression(LicenseExpression)
    /// A licence that no list knows.
    case name(String)
    case none
    case noAssertion

    /// Mends a claim. With `resolvingNames` a free name that is known to mean a listed licence becomes its id.
    init(_ claim: LicenseClaim, resolvingNames: Bool) {
        let list = LicenseList.spdx
        switch claim.form {
        case .none: self = .none
        case .noAssertion: self = .noAssertion
        case .id(let text) where LicenseMeaning.isNothing(text), .name(let text) where LicenseMeaning.isNothing(text),
            .expression(let text) where LicenseMeaning.isNothing(text):
            self = text.utf8.count == 4 ? .none : .noAssertion
        case .id(let id):
            if let license = list.license(id: id) {
                self = Self.fit(LicenseExpression(root: .term(.init(id: license.id))))
            } else if let expression = list.expression(named: id) {
                self = Self.fit(expression)
            } else {
                self = .name(id)
            }
        case .name(let name):
            if resolvingNames, let expression = list.expression(named: name) {
                self = Self.fit(expression)
            } else if name.hasPrefix("LicenseRef-"), let expression = LicenseExpression(name) {
                self = Self.fit(expression)
            } else {
                self = .name(name)
            }
        case .expression(let text):
            if let expression = LicenseExpression(text) {
                self = Self.fit(expression)
            } else if let expression = list.expression(reading: text) {
                self = Self.fit(expression)
            } else if text.contains("_"), let expression = LicenseExpression(String(text.map { $0 == "_" ? "-" : $0 }))
            {
                // The commonest slip in a `LicenseRef-`.
                self = Self.fit(expression)
            } else {
                self = .name(text)
            }
        }
    }

    /// The expression with unknown ids replaced by what they mean, or by a `LicenseRef-` that stands for them, and without
    /// words for no licence.
    private static func fit(_ expression: LicenseExpression) -> Self {
        let whole = expression.compactMapTerms { term in
            LicenseMeaning.isNothing(term.id) ? nil : Self.mended(term)
        }
        return whole.map { .expression($0) } ?? .noAssertion
    }

    private static func mended(_ term: LicenseExpression.Term) -> LicenseExpression.Node {
        let list = LicenseList.spdx
        if !term.document.isEmpty {
            // The other document would have to be declared with its checksum, which nobody kept.
            return .term(.init(id: reference(term.document + "-" + term.id.dropFirst("LicenseRef-".count))))
        }
        if !term.exception.isEmpty, list.exception(id: term.exception) == nil || term.isReference {
            return .term(.init(id: reference(term.text)))
        }
        if term.isReference { return .term(term) }
        guard let license = list.license(id: term.id) else {
            let name = term.orLater ? term.id + "+" : term.id
            if let meaning = list.expression(named: name) {
                if term.exception.isEmpty { return meaning.root }
                if var single = meaning.single, single.exception.isEmpty {
                    single.exception = term.exception
                    return .term(single)
                }
            }
            return .term(.init(id: reference(term.text)))
        }
        if license.isDeprecated, license.id.contains("-with-") || license.id == "eCos-2.0", term.exception.isEmpty,
            let meaning = list.expression(named: license.id)
        {
            return meaning.root
        }
        if term.orLater, !license.id.hasSuffix("+"), list.license(id: license.id + "+") == nil {
            // `Apache-2.0+` is valid, but the reference readers know `+` only where the list has such an id.
            if license.id.hasSuffix("-or-later") {
                return .term(.init(id: license.id, exception: term.exception))
            }
            let stem = license.id.hasSuffix("-only") ? String(license.id.dropLast(5)) : license.id
            if list.license(id: stem + "-or-later") != nil {
                return .term(.init(id: stem + "-or-later", exception: term.exception))
            }
            return .term(.init(id: reference(license.id + "-or-later")))
        }
        return .term(term)
    }

    /// A valid `LicenseRef-` for a name (Annex D.2: letters, digits, `-` and `.`).
    static func reference(_ name: String) -> String {
        LicenseExpression.Term.reference(named: name).id
    }
}
