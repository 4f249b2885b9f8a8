import Bytes

/// Interprets the texts that people write where an expression belongs.
extension LicenseList {
    /// The expression that a text means. The text may be a valid expression with known ids, a name or an alias, or
    /// several of these joined by `and`, `or`, `/`, `|`, `,` and `;` (Debian's `GPL-2+ or Artistic`, Cargo's old
    /// `MIT/Apache-2.0`). Nil when any part is unknown.
    ///
    /// `/` and `|` mean a choice, as in Cargo and Composer; `,` and `;` mean "all of them".
    package func expression(reading text: String) -> LicenseExpression? {
        guard text.utf8.count <= LicenseExpression.sizeLimit else { return nil }
        if let expression = expression(named: text) { return expression }
        if let expression = LicenseExpression(text), let known = knownForm(of: expression) { return known }
        guard text.utf8.count <= 4096 else { return nil }
        return parts(of: text)
    }

    /// The expression with every unknown id replaced by the licence that its name means; nil when a name means none.
    package func knownForm(of expression: LicenseExpression) -> LicenseExpression? {
        var complete = true
        let result = expression.mapTerms { term in
            if term.isKnown { return .term(term) }
            if let meaning = meaning(of: term) { return meaning }
            complete = false
            return .term(term)
        }
        return complete ? result : nil
    }

    /// The current name of a listed term: `LGPL-2.1+` is `LGPL-2.1-or-later`, `GPL-2.0` the `-only` one, and
    /// `GPL-2.0-with-classpath-exception` a licence with an exception.
    package func current(_ term: LicenseExpression.Term) -> LicenseExpression.Node {
        guard let known = license(id: term.id) else { return .term(term) }
        if known.isDeprecated, term.exception.isEmpty {
            if let successor = Self.successors[known.id].flatMap({ LicenseExpression($0) }) { return successor.root }
            if known.id.contains("-with-") || known.id == "eCos-2.0", let meaning = expression(named: known.id) {
                return meaning.root
            }
        }
        let isLater = term.orLater || known.id.hasSuffix("+") || known.id.hasSuffix("-or-later")
        var stem = known.id[...]
        for ending in ["+", "-only", "-or-later"] where stem.hasSuffix(ending) { stem = stem.dropLast(ending.count) }
        guard let id = license(id: stem + (isLater ? "-or-later" : "-only"))?.id else { return .term(term) }
        return .term(.init(id: id, exception: term.exception, document: term.document))
    }

    /// The successors of deprecated ids, for ids that do not contain the successor's name (`obsoletedBy` of the SPDX
    /// list).
    private static let successors = [
        "BSD-2-Clause-FreeBSD": "BSD-2-Clause-Views", "BSD-2-Clause-NetBSD": "BSD-2-Clause",
        "bzip2-1.0.5": "bzip2-1.0.6", "StandardML-NJ": "SMLNJ",
        "wxWindows": "GPL-2.0-or-later WITH WxWindows-exception-3.1",
    ]

    /// The licence that an unknown term means: `GPLv2+`, `BSD-3`, `Expat`; nil when no name fits.
    func meaning(of term: LicenseExpression.Term) -> LicenseExpression.Node? {
        guard !term.isReference else { return nil }
        guard let found = self.expression(named: term.id + (term.orLater ? "+" : "")) else { return nil }
        if term.exception.isEmpty { return found.root }
        // The exception stays with its licence.
        guard var single = found.single, single.exception.isEmpty, exception(id: term.exception) != nil else {
            return nil
        }
        single.exception = term.exception
        return .term(single)
    }

    /// Splits at operators and separators outside parentheses, the weakest first.
    private func parts(of text: String) -> LicenseExpression? {
        var text = Substring(text)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        if text.first == "(", text.last == ")" { text = text.dropFirst().dropLast() }
        guard !text.contains("("), !text.contains(")") else { return nil }
        let separators: [(String, Bool)] = [
            (";", true), (",", true), (" or ", false), (" | ", false), ("|", false), ("/", false), (" and ", true),
            (" & ", true),
        ]
        for (separator, isAll) in separators {
            let pieces = split(text, at: separator)
            guard pieces.count > 1, pieces.count <= 64 else { continue }
            var nodes: [LicenseExpression.Node] = []
            for piece in pieces {
                guard let part = expression(named: String(piece)) ?? parts(of: String(piece)) else { return nil }
                nodes.append(part.root)
            }
            return LicenseExpression.joined(nodes, and: isAll)
        }
        return nil
    }

    /// Splits at an ASCII separator in any case; pieces are trimmed, empty ones left out.
    private func split(_ text: Substring, at separator: String) -> [Substring] {
        let pattern = Array(separator.utf8)
        let bytes = Array(text.utf8)
        guard bytes.count > pattern.count else { return [text] }
        var pieces: [Substring] = []
        var start = 0
        var index = 0
        func piece(_ end: Int) {
            let piece = String(decoding: bytes[start..<end], as: UTF8.self).trimmingBlanks()
            if !piece.isEmpty { pieces.append(Substring(piece)) }
        }
        while index + pattern.count <= bytes.count {
            let matches = pattern.indices.allSatisfy { offset in
                let byte = bytes[index + offset]
                return (byte >= 65 && byte <= 90 ? byte | 32 : byte) == pattern[offset]
            }
            if matches {
                piece(index)
                index += pattern.count
                start = index
            } else {
                index += 1
            }
        }
        piece(bytes.count)
        return pieces
    }
}

extension LicenseExpression {
    /// Expressions joined by one operator, equal operands once; nil for an empty list.
    package static func joined(_ nodes: [Node], and: Bool) -> LicenseExpression? {
        var seen = Set<Node>()
        let different = nodes.filter { seen.insert($0).inserted }
        return different.isEmpty ? nil : LicenseExpression(root: join(different, and: and))
    }
}
