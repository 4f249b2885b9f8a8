import Bytes
import Inventory

/// The parts of components and services, in the order of the XML schema.
extension CycloneDXWriter {
    /// The members that follow the nested components of a component.
    struct Evidence {
        var locations: [String]
        var licenses: [LicenseClaim]
    }

    /// Writes the members of a component except its evidence, which is returned; the object stays open.
    mutating func write(_ it: Component, ref: String, purl: String?, to out: inout ByteSink) -> Evidence {
        tree.attribute("type", version.type(it.kind), to: &out)
        tree.attribute("bom-ref", ref, to: &out)
        if let supplier = it.supplier { writeOrganization(supplier, "supplier", to: &out) }
        // `author` holds only a person's name; a manufacturer has addresses, too.
        let isPerson = it.originator.map { $0.kind == .person && $0.email.isEmpty && it.author.isEmpty } ?? false
        if version.hasManufacturer, let originator = it.originator, originator.name != it.author, !isPerson {
            writeOrganization(originator, "manufacturer", to: &out)
        }
        tree.text(
            "author",
            it.author.isEmpty && (isPerson || !version.hasManufacturer) ? it.originator?.name ?? "" : it.author,
            to: &out)
        tree.text("publisher", it.publisher, to: &out)
        tree.text("group", it.group, to: &out)
        tree.field("name", it.name.isEmpty ? "unnamed" : it.name, to: &out)
        tree.text("version", it.version, to: &out)
        tree.text("description", it.description.isEmpty ? it.summary : it.description, to: &out)
        if ["required", "optional", "excluded"].contains(it.scope) { tree.field("scope", it.scope, to: &out) }
        writeHashes(it.hashes, to: &out)
        let shown = shownLicenses(of: it)
        let places = writeLicenses(shown.claims, acknowledgement: shown.acknowledgement, to: &out)
        var it = it
        var known = Set(it.externalReferences.lazy.filter { $0.kind == "license" }.map(\.url))
        for url in places where known.insert(url).inserted {
            it.externalReferences.append(ExternalReference(kind: "license", url: url))
        }
        tree.text("copyright", it.copyright == "NONE" ? "" : it.copyright, to: &out)
        var properties = it.properties
        // There is room for only one, and the schema refuses malformed ones.
        let cpe = it.cpes.firstIndex { SPDXText.cpeType($0) != nil }
        if let cpe { tree.field("cpe", it.cpes[cpe], to: &out) }
        for (index, other) in it.cpes.enumerated() where index != cpe {
            properties.append(.init(name: "waybill:cpe", value: other))
        }
        if let purl {
            tree.field("purl", purl, to: &out)
        } else if !it.purl.isEmpty {
            properties.append(.init(name: "waybill:purl", value: it.purl))
            lose(.purl)
        }
        writeReferences(of: it, to: &out)
        // Facts for which SPDX has a field and CycloneDX needs a property.
        for (name, value) in [
            ("comment", it.comment), ("fileName", it.fileName), ("sourceInfo", it.sourceInfo),
            ("summary", it.description == it.summary || it.description.isEmpty ? "" : it.summary),
            ("licenseComment", it.licenseComment), ("licenseDeclared", shown.declared),
            ("releaseDate", it.releaseDate),
        ] where !value.isBlank {
            properties.append(.init(name: "waybill:\(name)", value: value))
        }
        properties += it.attributionTexts.filter { !$0.isBlank }.map {
            Property(name: "waybill:attribution", value: $0)
        }
        if !version.hasOccurrences {
            properties += it.locations.map { Property(name: "waybill:location", value: $0) }
        }
        if version.type(it.kind) != it.kind.rawValue {
            properties.append(.init(name: "waybill:type", value: it.kind.rawValue))
        }
        writeProperties(properties, to: &out)
        return Evidence(
            locations: version.hasOccurrences ? it.locations.filter { !$0.isBlank } : [],
            licenses: shown.evidence)
    }

    mutating func write(service it: Component, to out: inout ByteSink) {
        tree.beginObject("service", to: &out)
        tree.attribute("bom-ref", it.ref, to: &out)
        if let provider = it.supplier { writeOrganization(provider, "provider", to: &out) }
        tree.text("group", it.group, to: &out)
        tree.field("name", it.name.isEmpty ? "unnamed" : it.name, to: &out)
        tree.text("version", it.version, to: &out)
        tree.text("description", it.description, to: &out)
        let shown = shownLicenses(of: it)
        _ = writeLicenses(shown.claims, acknowledgement: shown.acknowledgement, to: &out)
        writeReferences(of: it, to: &out)
        writeProperties(it.properties, to: &out)
        tree.endObject(to: &out)
    }

    // MARK: - Licences

    /// The licences for CycloneDX's one field, and the licences for the evidence.
    private struct ShownLicenses {
        /// The licences that decide in the inventory.
        var claims: [LicenseClaim]
        var acknowledgement: String
        /// The concluded licences, if a supplier declared some, too.
        var evidence: [LicenseClaim] = []
        /// The supplier's declared licences, if the concluded ones differ.
        var declared = ""
    }

    private mutating func shownLicenses(of it: Component) -> ShownLicenses {
        let isConcluded = it.concludedLicenses.contains { $0.form != .noAssertion }
        guard isConcluded else { return ShownLicenses(claims: it.licenses, acknowledgement: "declared") }
        guard let declared = statements.read(it.licenses).expression else {
            return ShownLicenses(claims: it.concludedLicenses, acknowledgement: "concluded")
        }
        let evidence = it.concludedLicenses.filter { $0.form != .noAssertion && $0.form != .none }
        if statements.read(it.concludedLicenses).expression == declared {
            return ShownLicenses(claims: it.licenses, acknowledgement: "declared", evidence: evidence)
        }
        return ShownLicenses(
            claims: it.concludedLicenses, acknowledgement: "concluded", evidence: evidence, declared: declared.text)
    }

    /// Writes `licenses`; always present, for readers that loop over it. When ids and names cannot express the
    /// licences, they become one expression, which must be the only entry. For licences with texts, the expression
    /// becomes the name of a licence. Returns the addresses of licences that have no field for one.
    private mutating func writeLicenses(
        _ claims: [LicenseClaim], acknowledgement: String, to out: inout ByteSink
    ) -> [String] {
        tree.beginList("licenses", to: &out)
        defer { tree.endList(to: &out) }
        let read = statements.read(claims)
        var seen: [(expression: LicenseExpression, claim: LicenseClaim)] = []
        var known: Set<[String]> = []
        for (statement, claim) in zip(read.statements, claims) {
            guard case .expression(let expression) = statement else { continue }
            if known.insert([expression.text, claim.text, claim.url]).inserted { seen.append((expression, claim)) }
        }
        let isCompound = seen.contains {
            $0.expression.single.map { !$0.exception.isEmpty || $0.hasUnlistedPlus } ?? true
        }
        if isCompound, seen.allSatisfy(\.claim.text.isEmpty), let whole = read.expression {
            tree.beginObject("expression", to: &out)
            if version.hasAcknowledgement { tree.attribute("acknowledgement", acknowledgement, to: &out) }
            tree.content("expression", whole.text, to: &out)
            tree.endObject(to: &out)
            return seen.map(\.claim.url).filter { !$0.isEmpty }
        }
        for (expression, claim) in seen {
            tree.beginObject("", to: &out)
            tree.beginObject("license", to: &out)
            if version.hasAcknowledgement { tree.attribute("acknowledgement", acknowledgement, to: &out) }
            var text = claim.text
            if let id = Self.listedID(expression) {
                tree.field("id", id, to: &out)
            } else {
                tree.field("name", read.name(of: expression) ?? expression.text, to: &out)
            }
            if text.isEmpty, let known = extracted[read.origins[expression.text] ?? expression.text] {
                text = known.text
            }
            if !text.isEmpty {
                tree.beginObject("text", to: &out)
                tree.attribute(TreeName("contentType", xml: "content-type"), "text/plain", to: &out)
                tree.content("content", text, to: &out)
                tree.endObject(to: &out)
            }
            tree.text("url", URLText.reference(claim.url), to: &out)
            tree.endObject(to: &out)
            tree.endObject(to: &out)
        }
        return []
    }

    /// The id, when the expression consists of this id.
    private static func listedID(_ expression: LicenseExpression) -> String? {
        guard let term = expression.single, term.exception.isEmpty, !term.isReference else { return nil }
        return LicenseList.spdx.license(id: term.orLater ? term.id + "+" : term.id)?.id
    }

    // MARK: - Small parts

    private mutating func writeHashes(_ hashes: [Hash], to out: inout ByteSink) {
        let taken = hashes.filter(version.takes)
        if taken.count < hashes.count { lose(.hash, hashes.count - taken.count) }
        guard !taken.isEmpty else { return }
        tree.beginList("hashes", to: &out)
        for hash in taken {
            tree.beginObject("hash", to: &out)
            tree.attribute("alg", hash.algorithm, to: &out)
            tree.content("content", hash.value, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    private mutating func writeReferences(of it: Component, to out: inout ByteSink) {
        var references = it.externalReferences
        for (kind, url) in [("website", it.homepage), ("distribution", it.downloadLocation)] {
            guard !url.isEmpty, url != "NOASSERTION", url != "NONE" else { continue }
            if !references.contains(where: { $0.url == url && $0.kind == kind }) {
                references.append(.init(kind: kind, url: url))
            }
        }
        references.removeAll { $0.url.isEmpty }
        guard !references.isEmpty else { return }
        tree.beginList("externalReferences", to: &out)
        for reference in references {
            var comment = reference.comment
            let type = Self.referenceType(reference.kind, version: version)
            if type == "other", reference.kind != "other" {
                comment = comment.isEmpty ? reference.kind : "\(reference.kind): \(comment)"
            }
            tree.beginObject("reference", to: &out)
            tree.attribute("type", type, to: &out)
            tree.field("url", URLText.reference(reference.url), to: &out)
            tree.text("comment", comment, to: &out)
            writeHashes(reference.hashes, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    /// The CycloneDX type for a kind that may be an SPDX category and type.
    private static func referenceType(_ kind: String, version: CycloneDXVersion) -> String {
        let name = kind.split(separator: " ").last.map(String.init) ?? kind
        switch name {
        case "advisory" where kind.hasPrefix("SECURITY "): return "advisories"
        default: return version.knows(referenceType: name) ? name : "other"
        }
    }

    mutating func writeProperties(_ properties: [Property], to out: inout ByteSink) {
        guard !properties.isEmpty else { return }
        tree.beginList("properties", to: &out)
        for property in properties {
            tree.beginObject("property", to: &out)
            tree.attribute("name", property.name, to: &out)
            tree.content("value", property.value, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    mutating func write(_ evidence: Evidence, to out: inout ByteSink) {
        guard !evidence.locations.isEmpty || !evidence.licenses.isEmpty else { return }
        tree.beginObject("evidence", to: &out)
        if !evidence.locations.isEmpty {
            tree.beginList("occurrences", to: &out)
            for location in evidence.locations {
                tree.beginObject("occurrence", to: &out)
                tree.field("location", location, to: &out)
                tree.endObject(to: &out)
            }
            tree.endList(to: &out)
        }
        if !evidence.licenses.isEmpty {
            _ = writeLicenses(evidence.licenses, acknowledgement: "concluded", to: &out)
        }
        tree.endObject(to: &out)
    }

    mutating func writeOrganization(_ agent: Agent, _ name: TreeName, to out: inout ByteSink) {
        tree.beginObject(name, to: &out)
        tree.text("name", agent.name, to: &out)
        let urls = agent.urls.filter { !$0.isEmpty }
        if !urls.isEmpty {
            tree.beginList(.notXML("url"), to: &out)
            for url in urls { tree.field("url", URLText.reference(url), to: &out) }
            tree.endList(to: &out)
        }
        if agent.kind == .person || Self.isAddress(agent.email) {
            tree.beginList(.notXML("contact"), to: &out)
            writeContact(agent, "contact", to: &out)
            tree.endList(to: &out)
        }
        tree.endObject(to: &out)
    }

    mutating func writeContact(_ agent: Agent, _ name: TreeName, to out: inout ByteSink) {
        tree.beginObject(name, to: &out)
        tree.text("name", agent.name, to: &out)
        if Self.isAddress(agent.email) { tree.field("email", agent.email, to: &out) }
        tree.endObject(to: &out)
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".")
            && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"<>()[]\\,;:\"".utf8.contains($0) }
    }
}
