import Bytes

// DESIGN. Tags follow each other without nesting, and an element ends where the next one begins. So one package, file,
// snippet or licence at a time is held and passed on as an array of one. The document and its creation are passed on at the
// end. A file that follows a package belongs to the package (§5.2.2); the transcript adds a relationship for that.

/// Converts SPDX tag-value to the JSON form, a line at a time.
final class TagValueTranscript {
    private let out: Transcript
    private var section = TagTable.Section.document
    private var part = JSONPart()
    private var document = JSONPart()
    private var creation = JSONPart()
    /// The current annotation or review, which does not end the part around it, and the subject of an annotation.
    private var remark: (section: TagTable.Section, part: JSONPart, subject: [UInt8])?
    /// The `SPDXID` of the current part, and of the package that its files belong to.
    private var identifier: [UInt8] = []
    private var package: [UInt8] = []
    private var isPackageAnalyzed = true
    /// A `<text>` whose end was not read yet.
    private var open: (tag: String, value: [UInt8])?
    private var line: [UInt8] = []
    private var lineNumber = 0
    private var isAfterReturn = false
    private var isFirstMember = true

    private init(_ out: Transcript) { self.out = out }

    /// A source of the JSON form of tag-value, which comes from another source.
    static func source(
        of text: @escaping JSONReader.Source, warn: @escaping (String) -> Void
    ) -> JSONReader.Source {
        let pieces = Pieces(text)
        var reading: TagValueTranscript?
        return Transcript.source(warn: warn) { (out) throws(JSONError) in
            let reader = reading ?? TagValueTranscript(out)
            if reading == nil { out.json.append("{") }
            reading = reader
            let piece = try pieces.next()
            if piece.isEmpty {
                try reader.finish()
                return false
            }
            var start = 0
            while start < piece.count {
                // LF, CR LF, or CR alone.
                if reader.isAfterReturn, piece[start] == UInt8(ascii: "\n") { start += 1 }
                reader.isAfterReturn = false
                let end = piece[start...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
                reader.line += piece[start..<(end ?? piece.count)]
                guard reader.line.count <= JSONReader.tokenLimit else {
                    throw .tooLong(limit: JSONReader.tokenLimit, offset: 0)
                }
                guard let end else { break }
                try reader.endLine()
                reader.isAfterReturn = piece[end] == UInt8(ascii: "\r")
                start = end + 1
            }
            return true
        }
    }

    // MARK: - Lines

    private func endLine() throws(JSONError) {
        defer { line.removeAll(keepingCapacity: true) }
        lineNumber += 1
        if lineNumber == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        if let (tag, value) = open {
            guard value.count <= JSONReader.tokenLimit else {
                throw .tooLong(limit: JSONReader.tokenLimit, offset: 0)
            }
            open?.value.append(UInt8(ascii: "\n"))
            guard let end = Self.endOfText(line[...]) else {
                open?.value += line
                return
            }
            open?.value += line[..<end]
            let text = open?.value ?? value
            open = nil
            return try take(tag, text)
        }
        let blank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let first = line.firstIndex(where: { !blank($0) }), line[first] != UInt8(ascii: "#") else { return }
        guard let colon = line[first...].firstIndex(of: UInt8(ascii: ":")) else {
            let text = String(decoding: line[first...].prefix(60), as: UTF8.self)
            throw .transcript("line \(lineNumber), \"\(text)\", is neither a tag with its value nor in <text>…</text>")
        }
        let tag = String(decoding: line[first..<colon], as: UTF8.self)
        var value = line[(colon + 1)...].drop(while: blank)
        while let last = value.last, blank(last) { value.removeLast() }
        let mark = Array("<text>".utf8)
        guard value.starts(with: mark) else { return try take(tag, Array(value)) }
        value = value.dropFirst(mark.count)
        if let end = Self.endOfText(value) {
            try take(tag, Array(value[..<end]))
        } else {
            open = (tag, Array(value))
        }
    }

    /// The place of `</text>` at the end of a line.
    private static func endOfText(_ line: [UInt8].SubSequence) -> Int? {
        var line = line
        while let last = line.last, last == 0x20 || last == 0x09 { line.removeLast() }
        let mark = Array("</text>".utf8)
        return line.count >= mark.count && line.suffix(mark.count).elementsEqual(mark)
            ? line.endIndex - mark.count : nil
    }

    private func finish() throws(JSONError) {
        if !line.isEmpty { try endLine() }
        if let open { throw .transcript("the <text> of \(open.tag) has no end") }
        endPart()
        if !creation.isEmpty { document.add("creationInfo", json: creation.json) }
        let members = document.json.dropFirst().dropLast()
        if !members.isEmpty {
            comma()
            out.json.append(Array(members))
        }
        out.json.append("}")
    }

    // MARK: - Tags

    private func take(_ tag: String, _ value: [UInt8]) throws(JSONError) {
        if tag == TagTable.identifier {
            // Some tools write this tag before the tag that begins its object.
            if !identifier.isEmpty {
                endPart()
                section = .unknown
            }
            identifier = value
            return
        }
        guard let (owner, meaning) = TagTable.tags[tag] else {
            out.warn("the tag \"\(tag.prefix(60))\" in line \(lineNumber) is unknown and was left out")
            return
        }
        switch owner {
        case .document: put(tag, meaning, value, into: &document)
        case .creation: put(tag, meaning, value, into: &creation)
        case .relationship: relate(meaning, value)
        case .annotation, .review:
            if case .text(_, begins: true) = meaning {
                endRemark()
                remark = (owner, JSONPart(), [])
            }
            guard remark?.section == owner, var part = remark?.part else { return misplaced(tag) }
            if tag == "SPDXREF" {
                remark?.subject = value
            } else {
                put(tag, meaning, value, into: &part)
                remark?.part = part
            }
        case .package, .file, .snippet, .license:
            if case .text(_, begins: true) = meaning {
                if section != .unknown { endPart() }
                section = owner
                if owner == .package { isPackageAnalyzed = true }
            }
            guard section == owner else { return misplaced(tag) }
            if case .boolean = meaning, owner == .package { isPackageAnalyzed = !Self.isFalse(value) }
            if owner == .snippet, case .text(_, begins: true) = meaning { identifier = value }
            put(tag, meaning, value, into: &part)
            guard part.count <= BOMReader.partLimit else { throw .pastCeiling(offset: 0) }
        case .unknown: break
        }
    }

    private func misplaced(_ tag: String) {
        out.warn("\(tag) in line \(lineNumber) stands where there is nothing that it could be of; it was left out")
    }

    private static func isFalse(_ value: [UInt8]) -> Bool {
        String(decoding: value.prefix(8), as: UTF8.self).lowercased() == "false"
    }

    private func put(_ tag: String, _ meaning: TagTable.Value, _ value: [UInt8], into part: inout JSONPart) {
        switch meaning {
        case .text(let key, _): part.add(key, value)
        case .boolean(let key): part.add(key, json: Array((Self.isFalse(value) ? "false" : "true").utf8))
        case .element(let key): part.append(JSONPart.string(value), to: key)
        case .checksum: part.append(Self.checksum(value[...]), to: "checksums")
        case .externalReference:
            let words = Self.words(value, atMost: 3)
            guard words.count == 3 else {
                return out.warn("ExternalRef in line \(lineNumber) has no category, type and locator; it was left out")
            }
            part.append(
                JSONPart.object([
                    "referenceCategory": words[0], "referenceType": words[1], "referenceLocator": words[2],
                ]), to: "externalRefs")
        case .externalReferenceComment:
            part.reopen("externalRefs", adding: Array("\"comment\":".utf8) + JSONPart.string(value))
        case .verificationCode: part.add("packageVerificationCode", json: Self.verificationCode(value))
        case .externalDocument:
            let words = Self.words(value, atMost: 3)
            guard words.count == 3 else {
                return out.warn("\(tag) in line \(lineNumber) has no id, address and checksum; it was left out")
            }
            var reference = JSONPart()
            reference.add("externalDocumentId", words[0])
            reference.add("spdxDocument", words[1])
            reference.add("checksum", json: Self.checksum(words[2][...]))
            part.append(reference.json, to: "externalDocumentRefs")
        case .relationship, .ignored: break
        }
    }

    private func relate(_ meaning: TagTable.Value, _ value: [UInt8]) {
        guard case .relationship = meaning else { return }
        let words = Self.words(value, atMost: 3)
        guard words.count == 3 else {
            return out.warn(
                "Relationship in line \(lineNumber) has no beginning, type and end; it was left out")
        }
        relationship(words[0], words[1], words[2])
    }

    // MARK: - Parts

    /// Passes on the current part.
    private func endPart() {
        endRemark()
        if !identifier.isEmpty, section != .snippet {
            if section == .document {
                document.add(TagTable.identifier, identifier)
            } else {
                part.add(TagTable.identifier, identifier)
            }
        }
        switch section {
        case .document, .unknown: break
        case .package:
            member("packages", part.json)
            package = identifier
        case .file:
            member("files", part.json)
            if !package.isEmpty, !identifier.isEmpty, isPackageAnalyzed {
                relationship(package, Array("CONTAINS".utf8), identifier)
            }
        case .snippet: member("snippets", part.json)
        case .license: member("hasExtractedLicensingInfos", part.json)
        case .creation, .relationship, .annotation, .review: break
        }
        part = JSONPart()
        identifier = []
    }

    private func endRemark() {
        guard let (owner, part, subject) = remark else { return }
        var remark = part
        self.remark = nil
        if owner == .review {
            document.append(remark.json, to: "revieweds")
        } else if section != .document, section != .license, subject == identifier {
            self.part.append(remark.json, to: "annotations")
        } else {
            // In the JSON form an annotation must be inside its subject.
            if !subject.isEmpty, !subject.elementsEqual(SPDXMapping.documentID.utf8) {
                remark.add("spdxElementId", subject)
            }
            document.append(remark.json, to: "annotations")
        }
    }

    private func relationship(_ from: [UInt8], _ type: [UInt8], _ to: [UInt8]) {
        member(
            "relationships",
            JSONPart.object(["spdxElementId": from, "relationshipType": type, "relatedSpdxElement": to]))
    }

    private func member(_ key: String, _ json: [UInt8]) {
        comma()
        out.json.append(raw: "\"\(key)\":[")
        out.json.append(json)
        out.json.append("]")
    }

    private func comma() {
        if !isFirstMember { out.json.append(",") }
        isFirstMember = false
    }

    // MARK: - Values

    /// The first words of a value; the last of them is the whole rest.
    private static func words(_ value: [UInt8], atMost limit: Int) -> [[UInt8]] {
        value.split(maxSplits: limit - 1) { $0 == 0x20 || $0 == 0x09 }.map { word in
            Array(word.drop { $0 == 0x20 || $0 == 0x09 })
        }
    }

    private static func checksum(_ value: [UInt8].SubSequence) -> [UInt8] {
        let colon = value.firstIndex(of: UInt8(ascii: ":")) ?? value.startIndex
        let rest = value[colon...].drop { $0 == UInt8(ascii: ":") || $0 == 0x20 || $0 == 0x09 }
        return JSONPart.object(["algorithm": Array(value[..<colon]), "checksumValue": Array(rest)])
    }

    private static func verificationCode(_ value: [UInt8]) -> [UInt8] {
        var code = JSONPart()
        let text = String(decoding: value, as: UTF8.self)
        let parts = text.split(separator: "(", maxSplits: 1)
        code.add("packageVerificationCodeValue", Array((parts.first ?? "").filter { !$0.isWhitespace }.utf8))
        guard parts.count == 2 else { return code.json }
        let names = parts[1].drop { $0 != ":" }.dropFirst().prefix { $0 != ")" }
        for name in names.split(separator: ",") {
            let trimmed = name.drop { $0.isWhitespace }
            code.append(JSONPart.string(Array(trimmed.utf8)), to: "packageVerificationCodeExcludedFiles")
        }
        return code.json
    }
}
