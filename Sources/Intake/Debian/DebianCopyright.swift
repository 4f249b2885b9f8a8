import BOM
import Glibc
import Inventory

// DESIGN. A machine-readable file (copyright-format 1.0) names its licences in the `License:` of each `Files:` paragraph.
// They are taken in order; those of the packaging (`debian/*`) are left out if there are others. Free text is searched for
// the files of /usr/share/common-licenses, and for sentences that only one licence contains. Unrecognised licences are
// left out.

/// The content of a package's copyright file.
struct DebianCopyright {
    private(set) var licenses: [LicenseClaim] = []
    /// The copyright statements, each once, one a line; those of the packaging only if there are no others.
    var copyright: String { statements.joined(separator: "\n") }
    private var statements: [String] = []

    /// The most statements that are stored; some packages name thousands of people.
    private static let statementLimit = 200

    init(_ text: String) {
        let head = PlainBytes(String(decoding: text.utf8.prefix(2000), as: UTF8.self))
        if head.contains("copyright-format") || head.contains("dep.debian.net/deps/dep5") {
            readParagraphs(text)
        }
        if licenses.isEmpty { readFreeText(text) }
    }

    // MARK: Machine-readable

    private mutating func readParagraphs(_ text: String) {
        var names: [Substring] = []
        var packaging: [Substring] = []
        var packagers: [Substring] = []
        for paragraph in ControlFile.paragraphs(in: text) {
            let isHeader = paragraph.has("format") || paragraph.has("format-specification")
            guard paragraph.has("files") || isHeader else { continue }
            if let name = paragraph["license"].split(separator: "\n", omittingEmptySubsequences: false).first,
                !name.isEmpty
            {
                if Self.isPackaging(paragraph) { packaging.append(name) } else { names.append(name) }
            }
            let lines = paragraph["copyright"].split(separator: "\n")
            if Self.isPackaging(paragraph) { packagers += lines } else { state(lines) }
        }
        if statements.isEmpty { state(packagers) }
        var seen = Set<String>()
        for name in names.isEmpty ? packaging : names {
            let claim = Self.claim(name)
            if seen.insert("\(claim.form)").inserted { licenses.append(claim) }
        }
    }

    /// Whether a paragraph is only about the packaging.
    private static func isPackaging(_ paragraph: ControlParagraph) -> Bool {
        let files = paragraph["files"].utf8.split { $0 == 32 || $0 >= 9 && $0 <= 13 }
        return !files.isEmpty && files.allSatisfy { $0.starts(with: "debian/".utf8) }
    }

    private mutating func state(_ lines: some Sequence<Substring>) {
        for line in lines where statements.count < Self.statementLimit {
            let line = Self.oneLine(line)
            if !line.isEmpty, line != ".", !statements.contains(line) { statements.append(line) }
        }
    }

    /// A short name such as `GPL-2+ or Artistic` as an expression; other texts unchanged.
    private static func claim(_ name: Substring) -> LicenseClaim {
        let name = oneLine(name)
        // The comma only groups: "GPL-2+, and Expat". The format defines the version of its `Artistic` (§7.1).
        let words = name.split(separator: ",").joined().split(separator: " ")
        let plain = words.map { $0 == "Artistic" ? "Artistic-1.0" : $0 }.joined(separator: " ")
        if let expression = LicenseList.spdx.expression(reading: plain) {
            return LicenseClaim(.expression(expression.text))
        }
        return LicenseClaim(.name(name))
    }

    /// The beginning of a text, with each run of blanks and line breaks as one blank.
    private static func oneLine(_ text: some StringProtocol) -> String {
        let words = text.utf8.prefix(1000).split { $0 == 32 || $0 >= 9 && $0 <= 13 }
        let line = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        return String(line.prefix(500))
    }

    // MARK: Free text

    /// Sentences that occur in only one licence, with its id. The first sentence of a group that is found counts.
    private static let sentences: [[(sentence: StaticString, id: String)]] = [
        [("permission is hereby granted, free of charge", "MIT")],
        [
            ("permission to use, copy, modify, and/or distribute this software for any purpose", "ISC"),
            ("permission to use, copy, modify, and distribute this software for any purpose", "ISC"),
        ],
        [("altered source versions must be plainly marked", "Zlib")],
        [("licensed under the apache license, version 2.0", "Apache-2.0")],
        [("mozilla public license, v. 2.0", "MPL-2.0"), ("mozilla public license version 2.0", "MPL-2.0")],
        [("boost software license - version 1.0", "BSL-1.0")],
    ]

    /// Files of /usr/share/common-licenses whose names are no ids of the SPDX list.
    private static let commonLicenses: [String: (only: String, later: String)] = [
        "GPL-1": ("GPL-1.0-only", "GPL-1.0-or-later"), "GPL-2": ("GPL-2.0-only", "GPL-2.0-or-later"),
        "GPL-3": ("GPL-3.0-only", "GPL-3.0-or-later"), "LGPL-2": ("LGPL-2.0-only", "LGPL-2.0-or-later"),
        "LGPL-2.1": ("LGPL-2.1-only", "LGPL-2.1-or-later"), "LGPL-3": ("LGPL-3.0-only", "LGPL-3.0-or-later"),
        "GFDL-1.2": ("GFDL-1.2-only", "GFDL-1.2-or-later"), "GFDL-1.3": ("GFDL-1.3-only", "GFDL-1.3-or-later"),
        "Artistic": ("Artistic-1.0-Perl", "Artistic-1.0-Perl"), "BSD": ("BSD-3-Clause", "BSD-3-Clause"),
    ]

    private mutating func readFreeText(_ text: String) {
        let plain = PlainBytes(text)
        var ids: [String] = []
        func add(_ id: String) { if !ids.contains(id) { ids.append(id) } }
        let isLater = plain.contains("any later version") || plain.contains("or later")
        for name in plain.words(behind: "/common-licenses/") {
            // Names of files have capitals, which the normalized text has lost.
            if let known = Self.commonLicenses.first(where: { $0.key.lowercased() == name })?.value {
                add(isLater ? known.later : known.only)
            } else if let license = LicenseList.spdx.license(id: name) {
                add(license.id)
            } else if name == "gpl" || name == "lgpl" || name == "gfdl" {
                // The link leads to the newest version, and the file does not state which version is meant.
                add(name.uppercased())
            }
        }
        if plain.contains("redistribution and use in source and binary forms") {
            let hasThird = plain.contains("neither the name") || plain.contains("endorse or promote")
            add(hasThird ? "BSD-3-Clause" : "BSD-2-Clause")
        }
        for group in Self.sentences {
            if let found = group.first(where: { plain.contains($0.sentence) }) { add(found.id) }
        }
        if ids.isEmpty, plain.contains("public domain") { ids.append("public-domain") }
        licenses = ids.map {
            LicenseList.spdx.license(id: $0) == nil ? LicenseClaim(.name($0)) : LicenseClaim(.id($0))
        }
        if statements.isEmpty {
            state(
                text.utf8.split(separator: UInt8(ascii: "\n")).lazy.map { Substring($0) }.filter { line in
                    let plain = PlainBytes(line)
                    return !LicenseTemplate.isOpenNotice(line)
                        && (plain.contains("copyright (c)") || plain.contains("copyright ©")
                            || plain.contains("copyright: "))
                })
        }
    }
}

/// A text prepared for searching: ASCII in lower case, each run of blanks and comment marks as one blank.
private struct PlainBytes {
    private var bytes: [UInt8] = []

    init(_ text: some StringProtocol) {
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 9, 10, 13, 32, UInt8(ascii: "*"), UInt8(ascii: "#"):
                if bytes.last != 32 { bytes.append(32) }
            case 65...90: bytes.append(byte | 32)
            default: bytes.append(byte)
            }
        }
    }

    func contains(_ sentence: StaticString) -> Bool { place(of: sentence, from: 0) != nil }

    private func place(of sentence: StaticString, from start: Int) -> Int? {
        let count = sentence.utf8CodeUnitCount
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, count > 0 else { return nil }
            var place = start
            while place + count <= bytes.count {
                let room = bytes.count - place - count + 1
                guard let found = memchr(base + place, Int32(sentence.utf8Start[0]), room) else { return nil }
                place = UnsafeRawPointer(found) - base
                if memcmp(found, sentence.utf8Start, count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }

    /// The distinct words of letters, digits, `.` and `-` that follow a mark.
    func words(behind mark: StaticString) -> [String] {
        var words: [String] = []
        var start = 0
        while let place = place(of: mark, from: start) {
            start = place + mark.utf8CodeUnitCount
            var word = bytes[start...].prefix {
                $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
            while let last = word.last, last == UInt8(ascii: ".") || last == UInt8(ascii: "-") { word.removeLast() }
            let text = String(decoding: word, as: UTF8.self)
            if !text.isEmpty, !words.contains(text) { words.append(text) }
        }
        return words
    }
}
