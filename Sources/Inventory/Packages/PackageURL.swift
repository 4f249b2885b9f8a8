// DESIGN. A purl is read in one pass over its UTF-8. The separators are found from the outside in (`#`, `?`, `@`, the
// last `/`). A part is copied unchanged unless it contains a `%` or a letter that its type folds. The reader is lenient
// where the standard is silent: a stray `%` is kept, and `pkg://type/` is accepted. `text` is always canonical.

import Bytes

/// A package URL: the name of a package across ecosystems (ECMA-427, 1st edition; purl-spec types for normalisation).
///
/// All parts are decoded and normalised by the rules of the type; absent parts are empty.
package struct PackageURL: Sendable, Hashable {
    /// One `key=value` after the question mark.
    package struct Qualifier: Sendable, Hashable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The type in lower-case ASCII: `maven`, `npm`, `deb`, …
    package let type: String
    /// The segments joined by `/`, or empty.
    package let namespace: String
    package let name: String
    package let version: String
    /// Sorted by key; each key once, no empty value.
    package let qualifiers: [Qualifier]
    package let subpath: String

    /// The value of a qualifier, or nil.
    package func qualifier(_ key: String) -> String? {
        qualifiers.first { $0.key == key }?.value
    }

    /// Namespace and name as one path, the usual spelling of ecosystems without groups: `@scope/name`,
    /// `github.com/a/b`.
    package var path: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    /// Reads a purl (ECMA-427 §5.6 and the parsing steps of purl-spec); nil when the text is no purl.
    package init?(_ text: String) { self.init(text, keepingCase: false) }

    /// The same package with its name in the document's spelling, the one that people know. Only for types in which the case of
    /// a name does not make another package. Not for comparison.
    ///
    /// - Parameters:
    ///   - text: the package URL in the document's spelling.
    ///   - group: the component's group. Group and name count where the document itself folded the package URL.
    package func spelled(as text: String, group: String, name: String) -> PackageURL {
        guard ["golang", "github", "gitlab", "bitbucket"].contains(type),
            let spelled = PackageURL(text, keepingCase: true)
        else { return self }
        if spelled.path != path { return spelled }
        for called in [name, "\(group)/\(name)"] where called != path && called.lowercased() == path {
            let slash = called.lastIndex(of: "/")
            return PackageURL(
                spelled, namespace: slash.map { String(called[..<$0]) } ?? "",
                name: slash.map { String(called[called.index(after: $0)...]) } ?? called)
        }
        return self
    }

    private init(_ other: PackageURL, namespace: String, name: String) {
        type = other.type
        self.namespace = namespace
        self.name = name
        version = other.version
        qualifiers = other.qualifiers
        subpath = other.subpath
    }

    private init?(_ text: String, keepingCase: Bool) {
        var text = text
        guard let parts = text.withUTF8({ Parts($0, keepingCase: keepingCase) }) else { return nil }
        type = parts.type
        namespace = parts.namespace
        name = parts.name
        version = parts.version
        qualifiers = parts.qualifiers
        subpath = parts.subpath
    }

    /// The purl of a package with known parts; nil when the parts make no purl. A namespace may hold `/`.
    package init?(
        type: String, namespace: String = "", name: String, version: String, qualifiers: [Qualifier] = []
    ) {
        var bytes = Array("pkg:\(type)/".utf8)
        if !namespace.isEmpty {
            encode(namespace, into: &bytes, keepingSlash: true)
            bytes.append(UInt8(ascii: "/"))
        }
        encode(name, into: &bytes, keepingSlash: false)
        if !version.isEmpty {
            bytes.append(UInt8(ascii: "@"))
            encode(version, into: &bytes, keepingSlash: false)
        }
        for (index, qualifier) in qualifiers.enumerated() {
            bytes.append(index == 0 ? UInt8(ascii: "?") : UInt8(ascii: "&"))
            bytes.append(contentsOf: "\(qualifier.key)=".utf8)
            encode(qualifier.value, into: &bytes, keepingSlash: true)
        }
        self.init(String(decoding: bytes, as: UTF8.self))
    }

    /// The canonical text: normalised parts, percent-encoding with upper-case hexadecimal, sorted qualifiers.
    package var text: String { text(version: version, qualifiers: qualifiers) }

    /// The canonical text with another version and other qualifiers, which must be sorted.
    func text(version: String, qualifiers: [Qualifier]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24 + type.utf8.count + namespace.utf8.count + name.utf8.count + version.utf8.count)
        bytes.append(contentsOf: "pkg:".utf8)
        bytes.append(contentsOf: type.utf8)
        bytes.append(UInt8(ascii: "/"))
        if !namespace.isEmpty {
            encode(namespace, into: &bytes, keepingSlash: true)
            bytes.append(UInt8(ascii: "/"))
        }
        encode(name, into: &bytes, keepingSlash: false)
        if !version.isEmpty {
            bytes.append(UInt8(ascii: "@"))
            encode(version, into: &bytes, keepingSlash: false)
        }
        var separator = UInt8(ascii: "?")
        for qualifier in qualifiers {
            bytes.append(separator)
            bytes.append(contentsOf: qualifier.key.utf8)
            bytes.append(UInt8(ascii: "="))
            encode(qualifier.value, into: &bytes, keepingSlash: true)
            separator = UInt8(ascii: "&")
        }
        if !subpath.isEmpty {
            bytes.append(UInt8(ascii: "#"))
            encode(subpath, into: &bytes, keepingSlash: true)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Appends a part in percent-encoding; letters, digits, `-`, `.`, `_`, `~` and `:` stay as they are (ECMA-427 §5.4).
private func encode(_ part: String, into bytes: inout [UInt8], keepingSlash: Bool) {
    for byte in part.utf8 {
        let isPlain = PercentEncoding.isUnreserved(byte) || byte == UInt8(ascii: ":")
        if isPlain || (keepingSlash && byte == UInt8(ascii: "/")) {
            bytes.append(byte)
        } else {
            PercentEncoding.append(byte, to: &bytes)
        }
    }
}

private func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70: digit - 55
    case 97...102: digit - 87
    default: nil
    }
}

private func isLetter(_ byte: UInt8) -> Bool { (byte | 32) >= 97 && (byte | 32) <= 122 }
private func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

/// The folding of a part by its type (the "normalization rules" of the type definitions in purl-spec).
private enum Fold {
    case none, lower, upper
    /// Lower case, `_` becomes `-` (pypi).
    case python
    /// `_` becomes `-` (hackage).
    case dash
    /// Lower case; all characters but letters and digits become `_` (pub).
    case dart

    func apply(_ byte: UInt8) -> UInt8 {
        let upper = byte >= 65 && byte <= 90
        switch self {
        case .none: return byte
        case .lower: return upper ? byte | 32 : byte
        case .upper: return byte >= 97 && byte <= 122 ? byte & 223 : byte
        case .python: return upper ? byte | 32 : byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte
        case .dash: return byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte
        case .dart: return upper ? byte | 32 : isLetter(byte) || isDigit(byte) ? byte : UInt8(ascii: "_")
        }
    }
}

/// The folds of namespace, name and version for a type.
private func folds(of type: String) -> (namespace: Fold, name: Fold, version: Fold) {
    switch type {
    case "alpm", "apk", "bitbucket", "composer", "deb", "github", "gitlab", "golang", "hex", "vscode-extension":
        (.lower, .lower, .none)
    case "bitnami", "otp": (.none, .lower, .none)
    case "luarocks": (.lower, .lower, .lower)
    case "cpan": (.upper, .none, .none)
    case "hackage": (.none, .dash, .none)
    case "huggingface": (.none, .none, .lower)
    case "oci": (.none, .lower, .lower)
    case "pub": (.none, .dart, .none)
    case "pypi": (.lower, .python, .none)
    case "qpkg", "rpm": (.lower, .none, .none)
    default: (.none, .none, .none)
    }
}

/// The parts as they are split from the bytes.
private struct Parts {
    var type = ""
    var namespace = ""
    var name = ""
    var version = ""
    var qualifiers: [PackageURL.Qualifier] = []
    var subpath = ""

    init?(_ bytes: UnsafeBufferPointer<UInt8>, keepingCase: Bool) {
        var start = 0
        var end = bytes.count
        while start < end, bytes[start] <= 32 { start += 1 }
        while end > start, bytes[end - 1] <= 32 { end -= 1 }
        guard end - start > 4, bytes[start] | 32 == UInt8(ascii: "p"), bytes[start + 1] | 32 == UInt8(ascii: "k"),
            bytes[start + 2] | 32 == UInt8(ascii: "g"), bytes[start + 3] == UInt8(ascii: ":")
        else { return nil }
        start += 4
        // Control characters are never intended, and would break every line-based format that shows the purl.
        for index in start..<end where bytes[index] < 32 || bytes[index] == 127 { return nil }

        if let mark = lastIndex(of: UInt8(ascii: "#"), in: bytes, from: start, to: end) {
            guard let subpath = segments(bytes, from: mark + 1, to: end, fold: .none, dots: false) else { return nil }
            self.subpath = subpath
            end = mark
        }
        if let mark = lastIndex(of: UInt8(ascii: "?"), in: bytes, from: start, to: end) {
            guard readQualifiers(bytes, from: mark + 1, to: end) else { return nil }
            end = mark
        }
        while start < end, bytes[start] == UInt8(ascii: "/") { start += 1 }
        while end > start, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }

        guard let slash = firstIndex(of: UInt8(ascii: "/"), in: bytes, from: start, to: end), slash > start,
            isLetter(bytes[start])
        else { return nil }
        for index in start..<slash {
            let byte = bytes[index]
            guard isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") else {
                return nil
            }
        }
        guard let type = part(bytes, from: start, to: slash, fold: .lower) else { return nil }
        self.type = type
        let fold = keepingCase ? (namespace: Fold.none, name: Fold.none, version: Fold.none) : folds(of: type)
        start = slash + 1

        // An `@` at the head of a segment belongs to the segment, because many tools leave the `@` of npm scopes
        // unencoded. An `@` that begins the last segment cannot start a version: there would be no name.
        var at = end - 1
        while at > start, bytes[at] != UInt8(ascii: "@") || bytes[at - 1] == UInt8(ascii: "/") { at -= 1 }
        if at > start {
            guard let version = part(bytes, from: at + 1, to: end, fold: fold.version) else { return nil }
            self.version = version
            end = at
        }
        while end > start, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }
        var nameStart = start
        if let slash = lastIndex(of: UInt8(ascii: "/"), in: bytes, from: start, to: end) {
            guard let namespace = segments(bytes, from: start, to: slash, fold: fold.namespace, dots: true) else {
                return nil
            }
            self.namespace = namespace
            nameStart = slash + 1
        }
        guard nameStart < end, bytes[nameStart] != UInt8(ascii: "@"),
            let name = part(bytes, from: nameStart, to: end, fold: fold.name), !name.isEmpty
        else {
            return nil
        }
        self.name = name
    }

    private mutating func readQualifiers(_ bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int) -> Bool {
        var start = from
        while start < to {
            let end = firstIndex(of: UInt8(ascii: "&"), in: bytes, from: start, to: to) ?? to
            defer { start = end + 1 }
            if end == start { continue }
            guard let equals = firstIndex(of: UInt8(ascii: "="), in: bytes, from: start, to: end), equals > start,
                isLetter(bytes[start])
            else { return false }
            for index in start..<equals {
                let byte = bytes[index]
                guard PercentEncoding.isUnreserved(byte), byte != UInt8(ascii: "~") else { return false }
            }
            guard let key = part(bytes, from: start, to: equals, fold: .lower),
                let value = part(bytes, from: equals + 1, to: end, fold: .none)
            else { return false }
            if value.isEmpty { continue }
            // There are few keys, nearly always sorted already, so insertion sort is the cheapest. When a key occurs
            // twice, the last one counts.
            var place = qualifiers.count
            while place > 0, qualifiers[place - 1].key > key { place -= 1 }
            if place > 0, qualifiers[place - 1].key == key {
                qualifiers[place - 1].value = value
            } else if qualifiers.count < 64 {
                qualifiers.insert(.init(key: key, value: value), at: place)
            } else {
                return false
            }
        }
        return true
    }
}

private func firstIndex(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int) -> Int? {
    var index = from
    while index < to {
        if bytes[index] == byte { return index }
        index += 1
    }
    return nil
}

private func lastIndex(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int) -> Int? {
    var index = to
    while index > from {
        index -= 1
        if bytes[index] == byte { return index }
    }
    return nil
}

/// A part decoded and folded; nil when its bytes are not UTF-8.
private func part(_ bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int, fold: Fold) -> String? {
    var plain = true
    for index in from..<to where bytes[index] == UInt8(ascii: "%") || fold.apply(bytes[index]) != bytes[index] {
        plain = false
        break
    }
    // The bytes are valid UTF-8, and a slice of them between two ASCII bytes is valid, too.
    if plain { return String(decoding: bytes[from..<to], as: UTF8.self) }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(to - from)
    var index = from
    while index < to {
        if bytes[index] == UInt8(ascii: "%"), index + 2 < to, let high = hexadecimalValue(bytes[index + 1]),
            let low = hexadecimalValue(bytes[index + 2])
        {
            let byte = high << 4 | low
            if byte < 32 || byte == 127 { return nil }
            decoded.append(fold.apply(byte))
            index += 3
        } else {
            decoded.append(fold.apply(bytes[index]))
            index += 1
        }
    }
    return String(validating: decoded, as: UTF8.self)
}

/// Segments decoded one by one. Empty segments are left out, and so are `.` and `..` when `dots` is false.
private func segments(
    _ bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int, fold: Fold, dots: Bool
) -> String? {
    var result = ""
    var start = from
    while start < to {
        let end = firstIndex(of: UInt8(ascii: "/"), in: bytes, from: start, to: to) ?? to
        if end > start {
            guard let segment = part(bytes, from: start, to: end, fold: fold) else { return nil }
            if dots || (segment != "." && segment != "..") {
                if !result.isEmpty { result += "/" }
                result += segment
            }
        }
        start = end + 1
    }
    return result
}
