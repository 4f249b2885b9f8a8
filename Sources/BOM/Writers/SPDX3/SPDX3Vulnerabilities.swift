import Bytes
import Inventory

/// Vulnerabilities and their assessments (SPDX 3.0.1, Security).
extension SPDX3Writer {
    mutating func write(_ it: VulnerabilityClaim, affecting packages: [String], to out: inout ByteSink) {
        let id = claim(vulnerability: it)
        tree.beginObject("", to: &out)
        head(id, type: "security_Vulnerability", to: &out)
        tree.field("name", SPDXText.name(it.id), to: &out)
        tree.text("description", it.description, to: &out)
        let comment = [it.detail, it.recommendation.isBlank ? "" : "Recommendation: \(it.recommendation)"]
        tree.text("comment", comment.filter { !$0.isBlank }.joined(separator: "\n"), to: &out)
        tree.beginList("externalIdentifier", to: &out)
        for name in [it.id] + it.aliases.filter({ $0 != it.id }) where !name.isBlank {
            identifier(name.hasPrefix("CVE-") ? "cve" : "securityOther", SPDXText.line(name), to: &out)
        }
        tree.endList(to: &out)
        tree.beginList("externalRef", to: &out)
        let page = Advisory(id: it.id, source: it.sourceURL).page
        reference("securityAdvisory", [URLText.reference(page)], comment: it.sourceName, to: &out)
        for url in it.advisories where !url.isBlank && url != page {
            reference("securityAdvisory", [URLText.reference(url)], comment: "", to: &out)
        }
        for number in it.weaknesses where number > 0 {
            reference(
                "cwe", ["https://cwe.mitre.org/data/definitions/\(number).html"], comment: "CWE-\(number)", to: &out)
        }
        tree.endList(to: &out)
        writeTime("security_publishedTime", it.published.isEmpty ? it.created : it.published, to: &out)
        writeTime("security_modifiedTime", it.updated, to: &out)
        tree.endObject(to: &out)
        let targets = packages.map(iri)
        for package in packages { relate(package, "hasAssociatedVulnerability", [iri(id)], to: &out) }
        if targets.isEmpty { return }
        for rating in it.ratings { write(rating, of: id, for: targets, to: &out) }
        if let analysis = it.analysis { write(analysis, it, of: id, for: targets, to: &out) }
    }

    private mutating func writeTime(_ name: TreeName, _ text: String, to out: inout ByteSink) {
        guard !text.isEmpty else { return }
        if let time = WriterTime.utc(text) { tree.field(name, time, to: &out) } else { lose(.time) }
    }

    /// Writes a rating that has a CVSS vector. SPDX 3 has no element for other ratings, except those that hold an SSVC decision or an
    /// EPSS score.
    private mutating func write(
        _ rating: VulnerabilityClaim.Rating, of id: String, for targets: [String], to out: inout ByteSink
    ) {
        guard let cvss = CVSS(rating.vector) else { return lose(.vulnerability) }
        let kind =
            switch cvss.version {
            case .v2: "V2"
            case .v30, .v31: "V3"
            case .v4: "V4"
            }
        openRelationship(
            id, "hasAssessmentFor", targets, type: "security_Cvss\(kind)VulnAssessmentRelationship", to: &out)
        tree.text("comment", rating.source, to: &out)
        tree.number("security_score", Double(cvss.tenths) / 10, to: &out)
        if cvss.version != .v2 { tree.field("security_severity", cvss.severity.rawValue, to: &out) }
        tree.field("security_vectorString", cvss.vector, to: &out)
        tree.endObject(to: &out)
    }

    /// The words of CycloneDX, translated to those of SPDX.
    private mutating func write(
        _ analysis: VulnerabilityClaim.Analysis, _ it: VulnerabilityClaim, of id: String, for targets: [String],
        to out: inout ByteSink
    ) {
        func open(_ name: String, _ kind: String, _ writer: inout Self, _ out: inout ByteSink) {
            writer.openRelationship(id, name, targets, type: "security_Vex\(kind)VulnAssessmentRelationship", to: &out)
        }
        switch analysis.state {
        case "resolved", "resolved_with_pedigree":
            open("fixedIn", "Fixed", &self, &out)
            tree.text("security_statusNotes", analysis.detail, to: &out)
        case "exploitable":
            open("affects", "Affected", &self, &out)
            let action = analysis.responses.isEmpty ? it.recommendation : analysis.responses.joined(separator: ", ")
            tree.field("security_actionStatement", action.isBlank ? "none stated" : action, to: &out)
            tree.text("security_statusNotes", analysis.detail, to: &out)
        case "in_triage":
            open("underInvestigationFor", "UnderInvestigation", &self, &out)
            tree.text("security_statusNotes", analysis.detail, to: &out)
        case "not_affected", "false_positive":
            open("doesNotAffect", "NotAffected", &self, &out)
            let words = [analysis.state == "false_positive" ? "false positive" : "", analysis.justification]
            switch analysis.justification {
            case "code_not_present": tree.field("security_justificationType", "vulnerableCodeNotPresent", to: &out)
            case "code_not_reachable":
                tree.field("security_justificationType", "vulnerableCodeNotInExecutePath", to: &out)
            case "protected_by_compiler", "protected_at_runtime", "protected_at_perimeter",
                "protected_by_mitigating_control":
                tree.field("security_justificationType", "inlineMitigationsAlreadyExist", to: &out)
            default: break
            }
            let said = (words + [analysis.detail]).filter { !$0.isBlank }.joined(separator: ": ")
            tree.field("security_impactStatement", said.isEmpty ? "none stated" : said, to: &out)
        default: return lose(.vulnerability)
        }
        tree.endObject(to: &out)
    }
}
