import Bytes

extension SPDXJSONReader {
    private enum PackageField: String, CaseIterable, Sendable {
        case name, versionInfo, packageFileName, supplier, originator, downloadLocation, checksums, homepage, sourceInfo
        case licenseConcluded, licenseDeclared, licenseComments, copyrightText, summary, description, comment
        case externalRefs, attributionTexts, primaryPackagePurpose, releaseDate, hasFiles
        case id = "SPDXID"
    }
    private static let packageFields = JSONKeys<PackageField>()

    /// Reads a package, whose object was entered.
    mutating func package(_ json: inout JSONReader) throws {
        var it = Component(ref: "", name: "")
        var seen = JSONSeenKeys()
        var extra = ExtraFields()
        var files: [Int32] = []
        while try json.nextKey() {
            switch try json.key(in: Self.packageFields, seen: &seen) {
            case .id: it.ref = try json.text()
            case .name: it.name = try json.text()
            case .versionInfo: it.version = SPDXMapping.said(try json.text())
            case .packageFileName: it.fileName = SPDXMapping.said(try json.text())
            case .supplier: it.supplier = SPDXMapping.agent(try json.text())
            case .originator: it.originator = SPDXMapping.agent(try json.text())
            case .downloadLocation: it.downloadLocation = SPDXMapping.said(try json.text())
            case .checksums: it.hashes = try checksums(&json, of: it.name)
            case .homepage: it.homepage = SPDXMapping.said(try json.text())
            case .sourceInfo: it.sourceInfo = try json.text()
            case .licenseConcluded: it.concludedLicenses = try claims(try json.text())
            case .licenseDeclared: it.licenses = try claims(try json.text())
            case .licenseComments: it.licenseComment = try json.text()
            case .copyrightText: it.copyright = SPDXMapping.said(try json.text())
            case .summary: it.summary = try json.text()
            case .description: it.description = try json.text()
            case .comment: it.comment = try json.text()
            case .externalRefs: try externalReferences(&json, into: &it)
            case .attributionTexts: it.attributionTexts = try json.texts()
            case .primaryPackagePurpose:
                let purpose = try json.text()
                if let kind = SPDXMapping.kind(purpose) {
                    it.kind = kind
                } else if !purpose.isEmpty {
                    assembly.warn(
                        .kind, "package purpose \"\(purpose.prefix(100))\" is unknown and was read as library")
                }
            case .releaseDate: it.releaseDate = try json.text()
            case .hasFiles: for file in try json.texts() { files.append(try assembly.mention(file)) }
            case nil: try assembly.keep(&json, in: &extra)
            }
        }
        it.extra = extra.text
        guard let ref = try assembly.add(it, isDeclared: false) else { return }
        let number = try assembly.mention(ref)
        for file in files {
            owners[file] = number
            try assembly.connect(number, file, .contains)
        }
    }

    private enum FileField: String, CaseIterable, Sendable {
        case fileName, checksums, licenseConcluded, licenseInfoInFiles, copyrightText
        case id = "SPDXID"
    }
    private static let fileFields = JSONKeys<FileField>()

    /// Reads a file, whose object was entered.
    mutating func file(_ json: inout JSONReader) throws {
        var it = SourceFile(ref: "", path: "")
        var seen = JSONSeenKeys()
        var extra = ExtraFields()
        while try json.nextKey() {
            switch try json.key(in: Self.fileFields, seen: &seen) {
            case .id: it.ref = try json.text()
            case .fileName: it.path = try json.text()
            case .checksums: it.hashes = try checksums(&json, of: it.path)
            case .licenseConcluded: it.concludedLicenses = try claims(try json.text())
            case .licenseInfoInFiles: it.licenses = try json.texts().flatMap { try claims($0) }
            case .copyrightText: it.copyright = SPDXMapping.said(try json.text())
            case nil: try assembly.keep(&json, in: &extra)
            }
        }
        it.extra = extra.text
        if !it.ref.isEmpty, let owner = owners[try assembly.mention(it.ref)] {
            it.component = assembly.graph.references[owner]
        }
        try assembly.add(it)
    }

    private enum ChecksumField: String, CaseIterable, Sendable { case algorithm, checksumValue }
    private static let checksumFields = JSONKeys<ChecksumField>()

    private mutating func checksums(_ json: inout JSONReader, of owner: String) throws -> [Hash] {
        var hashes: [Hash] = []
        guard try json.beginArrayUnlessNull() else { return hashes }
        while try json.nextObject() {
            var (name, value) = ("", "")
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.checksumFields, seen: &seen) {
                case .algorithm: name = try json.text()
                case .checksumValue: value = try json.text()
                case nil: try json.skipValue()
                }
            }
            // SPDX 2.2 JSON also spells the RDF name, `checksumAlgorithm_sha1`.
            if name.hasPrefix("checksumAlgorithm_") { name.removeFirst(18) }
            if let hash = HashAlgorithm.hash(name, value) {
                hashes.append(hash)
            } else {
                assembly.warn(.hash, "\"\(owner.prefix(200))\": \(name.prefix(50)) \"\(value.prefix(150))\" is no hash")
            }
        }
        return hashes
    }

    private enum ReferenceField: String, CaseIterable, Sendable {
        case referenceCategory, referenceType, referenceLocator, comment
    }
    private static let referenceFields = JSONKeys<ReferenceField>()

    private mutating func externalReferences(_ json: inout JSONReader, into it: inout Component) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextObject() {
            var (category, type, locator, comment) = ("", "", "", "")
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.referenceFields, seen: &seen) {
                case .referenceCategory: category = try json.text()
                case .referenceType: type = try json.text()
                case .referenceLocator: locator = try json.text()
                case .comment: comment = try json.text()
                case nil: try json.skipValue()
                }
            }
            SPDXMapping.add(category: category, type: type, locator: locator, comment: comment, to: &it)
        }
    }
}
