import Bytes
import Inventory

/// The members of a package (SPDX 3.0.1, Software, `Package`, and its inherited ones).
extension SPDX3Writer {
    mutating func write(_ it: Component, id: String, purl: String?, to out: inout ByteSink) {
        // People and licences are separate elements before the package.
        let publisher = it.publisher.isEmpty ? nil : Agent(.organization, name: it.publisher)
        let author = it.author.isEmpty ? nil : Agent(.person, name: it.author)
        var supplier: String?
        if let agent = it.supplier ?? publisher { supplier = self.agent(agent, to: &out) }
        var originator: String?
        if let agent = it.originator ?? author { originator = self.agent(agent, to: &out) }
        let declared = license(it.licenses, to: &out)
        let concluded = license(it.concludedLicenses, to: &out)

        tree.beginObject("", to: &out)
        head(id, type: "software_Package", to: &out)
        let name = purl == nil && !it.group.isEmpty ? "\(it.group)/\(it.name)" : it.name
        tree.field("name", SPDXText.name(name), to: &out)
        tree.text("summary", it.summary, to: &out)
        tree.text("description", it.description, to: &out)
        if purl == nil, !it.purl.isEmpty { lose(.purl) }
        var comment = SPDXText.comment(of: it, hasPurl: purl != nil)
        if !it.licenseComment.isBlank { comment += (comment.isEmpty ? "" : "\n") + "Licence: \(it.licenseComment)" }
        tree.text("comment", comment, to: &out)
        writeHashes(it.hashes, to: &out)
        writeIdentifiers(of: it, to: &out)
        writeReferences(of: it, to: &out)
        if let supplier { tree.field("suppliedBy", supplier, to: &out) }
        if let originator { list("originatedBy", [originator], to: &out) }
        if !it.releaseDate.isEmpty {
            if let time = WriterTime.utc(it.releaseDate) {
                tree.field("releaseTime", time, to: &out)
            } else {
                lose(.time)
            }
        }
        tree.text("software_packageVersion", SPDXText.line(it.version), to: &out)
        if let purl { tree.field("software_packageUrl", purl, to: &out) }
        writeLink("software_downloadLocation", it.downloadLocation, to: &out)
        writeLink("software_homePage", it.homepage, to: &out)
        tree.text("software_copyrightText", it.copyright == "NOASSERTION" ? "" : it.copyright, to: &out)
        tree.text("software_sourceInfo", it.sourceInfo, to: &out)
        list("software_attributionText", it.attributionTexts.filter { !$0.isBlank }, to: &out)
        tree.field("software_primaryPurpose", Self.purpose(it.kind), to: &out)
        tree.endObject(to: &out)

        if let declared { relate(id, "hasDeclaredLicense", [declared], to: &out) }
        if let concluded { relate(id, "hasConcludedLicense", [concluded], to: &out) }
    }

    private mutating func writeLink(_ name: TreeName, _ text: String, to out: inout ByteSink) {
        guard !text.isEmpty, text != "NOASSERTION", text != "NONE" else { return }
        let link = URLText.reference(text)
        if URLText.isAbsolute(link) { tree.field(name, link, to: &out) } else { lose(.link) }
    }

    private mutating func writeHashes(_ hashes: [Hash], to out: inout ByteSink) {
        let known = hashes.compactMap { hash in Self.algorithm(hash).map { ($0, hash.lowerCased) } }
        if known.count < hashes.count { lose(.hash, hashes.count - known.count) }
        guard !known.isEmpty else { return }
        tree.beginList("verifiedUsing", to: &out)
        for (algorithm, value) in known {
            tree.beginObject("", to: &out)
            tree.field("type", "Hash", to: &out)
            tree.field("algorithm", algorithm, to: &out)
            tree.field("hashValue", value, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    /// The algorithm in Core, `HashAlgorithm`; nil when it is unknown or the value has the wrong length.
    private static func algorithm(_ hash: Hash) -> String? {
        guard let name = SPDXVersion.v23.algorithm(hash) else {
            return hash.algorithm == "BLAKE3" && hash.isHexadecimal ? "blake3" : nil
        }
        return switch name {
        case "SHA224": "sha224"
        case "SHA3-256", "SHA3-384", "SHA3-512": String(name.lowercased().map { $0 == "-" ? "_" : $0 })
        default: name.lowercased().filter { $0 != "-" }
        }
    }

    /// The type of a name that others use for the package (Core, `ExternalIdentifierType`); an SPDX 2 reference
    /// becomes one, too.
    private static func identifierType(_ kind: String) -> String? {
        switch kind {
        case "SECURITY swid": "swid"
        case "PERSISTENT-ID swh", "PERSISTENT_ID swh": "swhid"
        case "PERSISTENT-ID gitoid", "PERSISTENT_ID gitoid": "gitoid"
        case "PACKAGE-MANAGER purl", "PACKAGE_MANAGER purl": "packageUrl"
        default: nil
        }
    }

    private mutating func writeIdentifiers(of it: Component, to out: inout ByteSink) {
        let cpes = it.cpes.filter { !$0.isBlank }
        let others = it.externalReferences.filter { !$0.url.isBlank && Self.identifierType($0.kind) != nil }
        if cpes.isEmpty, others.isEmpty { return }
        tree.beginList("externalIdentifier", to: &out)
        for cpe in cpes {
            switch SPDXText.cpeType(cpe) {
            case "cpe23Type": identifier("cpe23", cpe, to: &out)
            case "cpe22Type": identifier("cpe22", cpe, to: &out)
            default: identifier("other", cpe, comment: "cpe", to: &out)
            }
        }
        for other in others {
            if let type = Self.identifierType(other.kind) {
                identifier(type, other.url, comment: other.comment, to: &out)
            }
        }
        tree.endList(to: &out)
    }

    private mutating func writeReferences(of it: Component, to out: inout ByteSink) {
        let references = it.externalReferences.filter { reference in
            // Facts with a property of their own are not written a second time.
            let isSaid =
                reference.kind == "website" && reference.url == it.homepage
                || reference.kind == "distribution" && reference.url == it.downloadLocation
            return !reference.url.isBlank && !isSaid && Self.identifierType(reference.kind) == nil
        }
        if references.isEmpty { return }
        tree.beginList("externalRef", to: &out)
        for reference in references {
            let name = reference.kind.split(separator: " ").last.map(String.init) ?? ""
            var comment = reference.comment
            let type = Self.referenceTypes[name] ?? "other"
            if type == "other", name != "other", !name.isEmpty {
                comment = comment.isEmpty ? reference.kind : "\(reference.kind): \(comment)"
            }
            if !reference.hashes.isEmpty { lose(.hash, reference.hashes.count) }
            self.reference(type, [URLText.reference(reference.url)], comment: comment, to: &out)
        }
        tree.endList(to: &out)
    }

    /// The kinds of CycloneDX and SPDX 2 for which SPDX 3 has a word (Core, `ExternalRefType`).
    private static let referenceTypes: [String: String] = [
        "website": "altWebPage", "distribution": "altDownloadLocation", "source-distribution": "sourceArtifact",
        "vcs": "vcs", "issue-tracker": "issueTracker", "documentation": "documentation", "support": "support",
        "mailing-list": "mailingList", "chat": "chat", "social": "socialMedia", "license": "license",
        "build-meta": "buildMeta", "build-system": "buildSystem", "release-notes": "releaseNotes",
        "advisories": "securityAdvisory", "advisory": "securityAdvisory", "fix": "securityFix", "url": "securityOther",
        "threat-model": "securityThreatModel", "adversary-model": "securityAdversaryModel",
        "risk-assessment": "riskAssessment", "certification-report": "certificationReport",
        "vulnerability-assertion": "vulnerabilityExploitabilityAssessment",
        "exploitability-statement": "vulnerabilityExploitabilityAssessment",
        "pentest-report": "securityPenTestReport", "static-analysis-report": "staticAnalysisReport",
        "dynamic-analysis-report": "dynamicAnalysisReport", "runtime-analysis-report": "runtimeAnalysisReport",
        "component-analysis-report": "componentAnalysisReport", "maturity-report": "qualityAssessmentReport",
        "quality-metrics": "metrics", "maven-central": "mavenCentral", "npm": "npm", "nuget": "nuget", "bower": "bower",
    ]

    /// The purpose in Software, `SoftwarePurpose`.
    private static func purpose(_ kind: Component.Kind) -> String {
        switch kind {
        case .application, .service: "application"
        case .framework: "framework"
        case .library: "library"
        case .container: "container"
        case .platform: "platform"
        case .device: "device"
        case .firmware: "firmware"
        case .file: "file"
        case .data: "data"
        case .operatingSystem: "operatingSystem"
        case .deviceDriver: "deviceDriver"
        case .machineLearningModel: "model"
        case .source: "source"
        case .archive: "archive"
        case .install: "install"
        case .cryptographicAsset, .other: "other"
        }
    }
}
