import Bytes
import Database
package import Inventory

// DESIGN. The meaning of a text follows from the text alone, before any query, so a text means the same in every organization.
// The form of free words decides their kind. Free words count as a licence only where the identifier cannot be a library's
// name: `curl`, `Zlib` and `Ruby` are licences, but a person who types one of them alone looks for the library.

extension Question {
    /// The subject of a question.
    package enum Subject: Sendable, Equatable {
        /// A vulnerability, with the spellings that records may use for its name.
        case vulnerability([String])
        /// A package: the version in the package URL if there is one, else the versions in the range, else all
        /// versions.
        case package(PackageURL, in: VersRange?, spelled: String)
        /// Parts of a library's name in lower case, followed by the beginning of a version if the last word begins with a
        /// digit.
        case library(parts: [String], version: String?)
        /// A licence, with the spellings of its name and identifiers, in lower case.
        case license([String])
        /// A digest in lower-case hexadecimal, 40 or 64 characters.
        case digest(String)
        /// A path in lower case.
        case path(String)
    }
}

extension Question.Subject {
    /// Reads the text of a field, which has no blanks around it and is not empty; nil if the field does not accept
    /// the text.
    init?(_ field: Question.Field, _ text: String) {
        switch field {
        case .cve: self = .vulnerability(Self.spellings(ofVulnerability: text))
        case .purl:
            guard let subject = Self.package(text) else { return nil }
            self = subject
        case .library:
            guard let subject = Self.library(text) else { return nil }
            self = subject
        case .license: self = .license(Self.spellings(ofLicense: text))
        case .digest:
            guard let digest = Self.digest(text) else { return nil }
            self = .digest(digest)
        case .path: self = .path(SQLText.lowered(text))
        case .words:
            guard let subject = Self.recognised(text) else { return nil }
            self = subject
        }
    }

    // MARK: Free words

    /// Accepts GHSA identifiers, and letters before a year and a number: CVE-2021-44228, PYSEC-2021-1,
    /// RHSA-2021:1234.
    private static func isVulnerability(_ text: String) -> Bool {
        if text.uppercased().hasPrefix("GHSA-") { return text.utf8.count == 19 && text.count { $0 == "-" } == 3 }
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == ":" }
        guard parts.count >= 3, parts[0].count >= 2, !parts.contains(where: \.isEmpty) else { return false }
        let (words, year, number) = (parts.dropLast(2), parts[parts.count - 2], parts[parts.count - 1])
        return words.allSatisfy { $0.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) } }
            && year.utf8.count == 4 && (year.first == "1" || year.first == "2")
            && (year + number).utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func recognised(_ text: String) -> Self? {
        if isVulnerability(text) { return .vulnerability(spellings(ofVulnerability: text)) }
        if let package = package(text) { return package }
        if let digest = digest(text) { return .digest(digest) }
        if text.hasPrefix("/"), text.count > 1 { return .path(SQLText.lowered(text)) }
        if isLicense(text) { return .license(spellings(ofLicense: text)) }
        return library(text)
    }

    /// Identifiers that mean a licence although they have neither a hyphen nor digits.
    private static let plainLicenses: Set<String> = ["mit", "isc", "0bsd", "unlicense", "wtfpl"]

    private static func isLicense(_ text: String) -> Bool {
        if text.hasPrefix(LicenseExpression.Term.prefix) { return true }
        guard LicenseList.spdx.license(id: text) != nil else { return false }
        return plainLicenses.contains(text.lowercased()) || text.contains("-") && text.contains(where: \.isNumber)
    }

    // MARK: Vulnerabilities

    /// The spellings that records may use for a vulnerability's name: unchanged, in capitals, and in the form of GHSA
    /// identifiers (prefix in capitals, rest in lower case).
    package static func spellings(ofVulnerability text: String) -> [String] {
        var found = [text]
        let upper = text.uppercased()
        let hyphen = text.firstIndex(of: "-")
        let mixed = hyphen.map { text[..<$0].uppercased() + text[$0...].lowercased() }
        for spelling in [upper, mixed ?? upper] where !found.contains(spelling) { found.append(spelling) }
        return found
    }

    // MARK: Packages

    /// A package URL; a range in the notation of `vers` may follow `@` or blanks.
    private static func package(_ text: String) -> Self? {
        let range = text.firstRange(of: "@vers:") ?? text.firstRange(of: " vers:")
        guard let range else {
            guard let purl = PackageURL(text) else { return nil }
            guard purl.version.lowercased().hasPrefix("vers:") else {
                return .package(purl, in: nil, spelled: text)
            }
            // The range was percent-coded.
            guard let vers = VersRange(purl.version), let at = text.lastIndex(of: "@"),
                let package = PackageURL(String(text[..<at]))
            else { return nil }
            return .package(package, in: vers, spelled: String(text[..<at]))
        }
        let name = String(text[..<range.lowerBound]).trimmingBlanks()
        guard let purl = PackageURL(name), purl.version.isEmpty,
            let vers = VersRange(String(text[text.index(after: range.lowerBound)...]).trimmingBlanks())
        else { return nil }
        return .package(purl, in: vers, spelled: name)
    }

    // MARK: Libraries

    /// The most words of a name.
    private static let wordLimit = 8

    private static func library(_ text: String) -> Self? {
        var parts = SQLText.lowered(text).split(whereSeparator: \.isWhitespace).map(String.init)
        guard parts.count <= wordLimit else { return nil }
        var version: String?
        if parts.count > 1, let first = parts.last?.utf8.first, (0x30...0x39).contains(first) {
            version = parts.removeLast()
        }
        return .library(parts: parts, version: version)
    }

    // MARK: Licences

    private static func spellings(ofLicense text: String) -> [String] {
        var found = [SQLText.lowered(text)]
        // The licence that a name, an alias or an old identifier means, if only one licence fits.
        if let expression = LicenseList.spdx.expression(named: text), case .term(let term) = expression.root {
            let identifier = SQLText.lowered(term.text)
            if !found.contains(identifier) { found.append(identifier) }
        }
        return found
    }

    // MARK: Digests

    /// A digest, which may follow the name of its algorithm as in container images and lock files: `sha256:…`.
    private static func digest(_ text: String) -> String? {
        var digest = text.lowercased()
        for prefix in ["sha1:", "sha-1:", "sha256:", "sha-256:"] where digest.hasPrefix(prefix) {
            digest.removeFirst(prefix.count)
        }
        guard [40, 64].contains(digest.utf8.count), digest.utf8.allSatisfy(\.isHexadecimalDigit) else { return nil }
        return digest
    }
}
