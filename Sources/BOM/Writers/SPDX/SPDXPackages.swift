import Bytes
import Inventory

/// The members of a package, in the order of SPDX 2.3 clause 7.
extension SPDXWriter {
    mutating func write(
        _ it: Component, id: String, purl: String?, advisories: [Advisory], to out: inout ByteSink
    ) {
        tree.beginObject("packages", to: &out)
        let name = purl == nil && !it.group.isEmpty ? "\(it.group)/\(it.name)" : it.name
        tree.field("name", SPDXText.name(name), to: &out)
        tree.field("SPDXID", id, to: &out)
        tree.text("versionInfo", SPDXText.line(it.version), to: &out)
        tree.text("packageFileName", SPDXText.line(it.fileName), to: &out)
        let publisher = it.publisher.isEmpty ? nil : Agent(.organization, name: it.publisher)
        tree.field("supplier", (it.supplier ?? publisher).flatMap(SPDXText.agent) ?? "NOASSERTION", to: &out)
        let author = it.author.isEmpty ? nil : Agent(.person, name: it.author)
        if let originator = (it.originator ?? author).flatMap(SPDXText.agent) {
            tree.field("originator", originator, to: &out)
        }
        writeDownloadLocation(it, to: &out)
        tree.boolean("filesAnalyzed", false, to: &out)
        writeChecksums(it.hashes, to: &out)
        if !it.homepage.isEmpty, it.homepage != "NOASSERTION" {
            if it.homepage == "NONE" || URLText.isWebLocation(it.homepage) {
                tree.field("homepage", it.homepage, to: &out)
            } else {
                lose(.link)
            }
        }
        tree.text("sourceInfo", it.sourceInfo, to: &out)
        tree.field("licenseConcluded", texts.expression(of: it.concludedLicenses), to: &out)
        tree.field("licenseDeclared", texts.expression(of: it.licenses), to: &out)
        tree.text("licenseComments", it.licenseComment, to: &out)
        tree.field("copyrightText", it.copyright.isBlank ? "NOASSERTION" : it.copyright, to: &out)
        tree.text("summary", it.summary, to: &out)
        tree.text("description", it.description, to: &out)
        if purl == nil, !it.purl.isEmpty { lose(.purl) }
        tree.text("comment", SPDXText.comment(of: it, hasPurl: purl != nil), to: &out)
        writeReferences(of: it, purl: purl, advisories: advisories, to: &out)
        let attributions = it.attributionTexts.filter { !$0.isBlank }
        if !attributions.isEmpty {
            tree.beginList(.notXML("attributionTexts"), to: &out)
            for text in attributions { tree.field("attributionTexts", text, to: &out) }
            tree.endList(to: &out)
        }
        if version.hasPurpose { tree.field("primaryPackagePurpose", version.purpose(it.kind), to: &out) }
        if version.hasReleaseDate, !it.releaseDate.isEmpty {
            if let time = WriterTime.utc(it.releaseDate) {
                tree.field("releaseDate", time, to: &out)
            } else {
                lose(.time)
            }
        }
        tree.endObject(to: &out)
    }

    private mutating func writeDownloadLocation(_ it: Component, to out: inout ByteSink) {
        let location = it.downloadLocation
        if location == "NONE" || URLText.isWebLocation(location) {
            tree.field("downloadLocation", location, to: &out)
        } else {
            if !location.isEmpty, location != "NOASSERTION" { lose(.link) }
            tree.field("downloadLocation", "NOASSERTION", to: &out)
        }
    }

    private mutating func writeChecksums(_ hashes: [Hash], to out: inout ByteSink) {
        let known = hashes.compactMap { hash in version.algorithm(hash).map { ($0, hash.lowerCased) } }
        if known.count < hashes.count { lose(.hash, hashes.count - known.count) }
        guard !known.isEmpty else { return }
        tree.beginList(.notXML("checksums"), to: &out)
        for (algorithm, value) in known {
            tree.beginObject("checksums", to: &out)
            tree.field("algorithm", algorithm, to: &out)
            tree.field("checksumValue", value, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    // MARK: - External references (§7.21)

    private struct Reference: Hashable {
        var category: String
        var type: String
        var locator: String
        var comment = ""
    }

    mutating func writeReferences(
        of it: Component, purl: String?, advisories: [Advisory], to out: inout ByteSink
    ) {
        var references: [Reference] = []
        if let purl { references.append(.init(category: "PACKAGE-MANAGER", type: "purl", locator: purl)) }
        for cpe in it.cpes where !cpe.isEmpty {
            if let type = SPDXText.cpeType(cpe) {
                references.append(.init(category: "SECURITY", type: type, locator: cpe))
            } else {
                references.append(.init(category: "OTHER", type: "cpe", locator: URLText.reference(cpe)))
            }
        }
        for advisory in advisories {
            references.append(
                self.advisory(page: advisory.page, comment: advisory.id, type: advisory.kind.rawValue))
        }
        for reference in it.externalReferences where !reference.url.isEmpty {
            if reference.kind == "website", reference.url == it.homepage, URLText.isWebLocation(it.homepage) {
                continue
            }
            if reference.kind == "distribution", reference.url == it.downloadLocation,
                URLText.isWebLocation(it.downloadLocation)
            {
                continue
            }
            references.append(self.reference(reference))
        }
        guard !references.isEmpty else { return }
        tree.beginList(.notXML("externalRefs"), to: &out)
        for reference in references.withoutRepetition() {
            tree.beginObject("externalRefs", to: &out)
            tree.field("referenceCategory", version.category(reference.category), to: &out)
            tree.field("referenceType", reference.type, to: &out)
            tree.field("referenceLocator", reference.locator, to: &out)
            tree.text("comment", reference.comment, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    private func advisory(page: String, comment: String, type: String = "advisory") -> Reference {
        let isSecurity = version.hasAdvisories && URLText.isWebLocation(page)
        return Reference(
            category: isSecurity ? "SECURITY" : "OTHER", type: type, locator: URLText.reference(page),
            comment: comment)
    }

    /// A reference of either standard, in the category where its locator is valid, otherwise as OTHER.
    private func reference(_ it: ExternalReference) -> Reference {
        let words = it.kind.split(separator: " ", maxSplits: 1).map(String.init)
        let (category, name) = words.count == 2 ? (words[0], words[1]) : ("OTHER", it.kind)
        let type = name.hasPrefix("http://spdx.org/rdf/references/") ? String(name.dropFirst(31)) : name
        switch (category, type) {
        case ("OTHER", "advisories"), ("SECURITY", "advisory"): return advisory(page: it.url, comment: it.comment)
        case ("SECURITY", "fix"), ("SECURITY", "url"):
            if version.hasAdvisories, URLText.isWebLocation(it.url) {
                return Reference(category: category, type: type, locator: it.url, comment: it.comment)
            }
        case ("PACKAGE-MANAGER", "purl"):
            if let purl = PurlText.valid(it.url) {
                return Reference(category: category, type: type, locator: purl, comment: it.comment)
            }
        case ("PACKAGE-MANAGER", _), ("PERSISTENT-ID", _):
            if SPDXText.isLocator(it.url, of: type, version: version) {
                return Reference(category: category, type: type, locator: it.url, comment: it.comment)
            }
        default: break
        }
        let isURI = URLText.isAbsolute(type)
        return Reference(
            category: "OTHER", type: isURI ? type : IDText.safe(type), locator: URLText.reference(it.url),
            comment: it.comment)
    }
}
