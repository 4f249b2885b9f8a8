import Bytes

// DESIGN. Generators split a licence text into pieces and join them by commas. The operators become pieces, too: Trivy writes
// Alpine's `GPL-2.0 or GPL-3.0` as `GPL-2.0, or, GPL-3.0`. People write `A, B, or C`, and names have commas of their own
// (`Apache License, Version 2.0`). This code decides what each comma separates. It does not know the licences between the
// commas.

/// A text in which commas separate names.
struct LicenseEnumeration {
    /// The names that the commas separate; a member may itself be several names joined by words.
    private(set) var members: [String] = []
    /// Whether all of them hold; otherwise they are a choice.
    private(set) var isAnd = true

    private static let limit = 64
    private static let operators: Set<String> = ["or", "and", "with"]

    /// Nil where no comma separates two names.
    init?(_ text: String) {
        let pieces = text.split(separator: ",").map { String($0).trimmingBlanks() }.filter { !$0.isEmpty }
        guard (2...Self.limit).contains(pieces.count), pieces.allSatisfy(Self.isBalanced) else { return nil }
        if let last = pieces.last.flatMap(Self.led), pieces.dropLast().allSatisfy({ Self.led($0) == nil }),
            !pieces.contains(where: { Self.operators.contains($0.lowercased()) })
        {
            isAnd = last.isAnd
            for piece in pieces.dropLast() { add(piece) }
            members.append(last.rest)
        } else if !joinPieces(pieces) {
            return nil
        }
        let isJoined = members.count < pieces.count && pieces.contains { Self.operators.contains($0.lowercased()) }
        guard members.count > 1 || isJoined else { return nil }
    }

    /// Merges pieces around operators, which may be pieces of their own or begin a piece; false where an operator lacks
    /// an operand.
    private mutating func joinPieces(_ pieces: [String]) -> Bool {
        var pending: String?
        for piece in pieces {
            let word = piece.lowercased()
            if Self.operators.contains(word) {
                guard pending == nil, !members.isEmpty else { return false }
                pending = word
            } else if let operation = pending {
                members[members.count - 1] += " \(operation) \(piece)"
                pending = nil
            } else if let led = Self.led(piece), !members.isEmpty {
                members[members.count - 1] += " \(led.isAnd ? "and" : "or") \(led.rest)"
            } else {
                add(piece)
            }
        }
        return pending == nil
    }

    /// Adds a name, or the rest of the one before.
    private mutating func add(_ piece: String) {
        if Self.isRest(piece), !members.isEmpty {
            members[members.count - 1] += ", \(piece)"
        } else {
            members.append(piece)
        }
    }

    /// Splits a leading `or` or `and` from a piece: `or MIT` gives `MIT`. Nil when the piece begins with neither, and
    /// for `or later`.
    private static func led(_ piece: String) -> (isAnd: Bool, rest: String)? {
        let words = piece.split(whereSeparator: \.isWhitespace)
        guard words.count > 1, let first = words.first?.lowercased(), first == "or" || first == "and" else {
            return nil
        }
        if words.contains(where: { LicenseList.later.contains($0.lowercased()) }) { return nil }
        return (first == "and", words.dropFirst().joined(separator: " "))
    }

    /// Whether a piece continues the name before it: `Version 2.0`, `with the Classpath exception`, `or later`.
    private static func isRest(_ piece: String) -> Bool {
        let head = piece.lowercased().drop { $0 == "-" }
        guard let first = head.split(whereSeparator: \.isWhitespace).first else { return true }
        let word = first.split(separator: "-").first ?? first
        let rests: Set<Substring> = [
            "version", "ver", "ver.", "v", "v.", "with", "without", "only", "any", "or", "and",
        ]
        if rests.contains(word) || LicenseList.later.contains(String(word)) { return true }
        let number = first.first == "v" ? first.dropFirst() : first
        return number.allSatisfy { $0.isNumber || $0 == "." }
    }

    private static func isBalanced(_ piece: String) -> Bool {
        var open = 0
        for byte in piece.utf8 {
            if byte == UInt8(ascii: "(") { open += 1 }
            if byte == UInt8(ascii: ")") { open -= 1 }
            if open < 0 { return false }
        }
        return open == 0
    }
}
