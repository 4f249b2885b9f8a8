import Bytes

extension CycloneDXWriter {
    /// Writes one vulnerability, with its ratings and its assessment (VEX).
    mutating func write(_ it: VulnerabilityClaim, to out: inout ByteSink) {
        tree.beginObject("vulnerability", to: &out)
        tree.attribute("bom-ref", claim(vulnerability: it), to: &out)
        tree.text("id", it.id, to: &out)
        writeSource(it.sourceName, it.sourceURL, to: &out)
        let aliases = it.aliases.filter { !$0.isEmpty && $0 != it.id }
        if !aliases.isEmpty {
            tree.beginList("references", to: &out)
            for alias in aliases {
                tree.beginObject("reference", to: &out)
                tree.field("id", alias, to: &out)
                tree.beginObject("source", to: &out)
                tree.field("url", Advisory(id: alias).page, to: &out)
                tree.endObject(to: &out)
                tree.endObject(to: &out)
            }
            tree.endList(to: &out)
        }
        if !it.ratings.isEmpty {
            tree.beginList("ratings", to: &out)
            for rating in it.ratings { write(rating, to: &out) }
            tree.endList(to: &out)
        }
        let weaknesses = it.weaknesses.filter { $0 >= 1 }
        if !weaknesses.isEmpty {
            tree.beginList("cwes", to: &out)
            for number in weaknesses { tree.integer("cwe", number, to: &out) }
            tree.endList(to: &out)
        }
        tree.text("description", it.description, to: &out)
        tree.text("detail", it.detail, to: &out)
        tree.text("recommendation", it.recommendation, to: &out)
        if version.hasWorkaround { tree.text("workaround", it.workaround, to: &out) }
        let advisories = it.advisories.filter { !$0.isEmpty }
        if !advisories.isEmpty {
            tree.beginList("advisories", to: &out)
            for url in advisories {
                tree.beginObject("advisory", to: &out)
                tree.text("title", it.advisoryTitles[url] ?? "", to: &out)
                tree.field("url", URLText.reference(url), to: &out)
                tree.endObject(to: &out)
            }
            tree.endList(to: &out)
        }
        writeTime("created", it.created, to: &out)
        writeTime("published", it.published, to: &out)
        writeTime("updated", it.updated, to: &out)
        if version.hasWorkaround { writeTime("rejected", it.rejected, to: &out) }
        writeCredits(it.credits, to: &out)
        if let analysis = it.analysis { write(analysis, to: &out) }
        writeAffected(it.affects, to: &out)
        writeProperties(it.properties, to: &out)
        tree.endObject(to: &out)
    }

    private mutating func writeCredits(_ agents: [Agent], to out: inout ByteSink) {
        guard !agents.isEmpty else { return }
        tree.beginObject("credits", to: &out)
        let organizations = agents.filter { $0.kind != .person }
        if !organizations.isEmpty {
            tree.beginList("organizations", to: &out)
            for it in organizations { writeOrganization(it, "organization", to: &out) }
            tree.endList(to: &out)
        }
        let people = agents.filter { $0.kind == .person }
        if !people.isEmpty {
            tree.beginList("individuals", to: &out)
            for it in people { writeContact(it, "individual", to: &out) }
            tree.endList(to: &out)
        }
        tree.endObject(to: &out)
    }

    private mutating func writeSource(_ name: String, _ url: String, to out: inout ByteSink) {
        guard !name.isEmpty || !url.isEmpty else { return }
        tree.beginObject("source", to: &out)
        tree.text("name", name, to: &out)
        tree.text("url", URLText.reference(url), to: &out)
        tree.endObject(to: &out)
    }

    private mutating func writeTime(_ name: TreeName, _ text: String, to out: inout ByteSink) {
        guard !text.isEmpty else { return }
        if let time = WriterTime.utc(text) { tree.field(name, time, to: &out) } else { lose(.time) }
    }

    private mutating func write(_ rating: VulnerabilityClaim.Rating, to out: inout ByteSink) {
        tree.beginObject("rating", to: &out)
        writeSource(rating.source, rating.sourceURL, to: &out)
        if let score = rating.score, score.isFinite { tree.number("score", score, to: &out) }
        if ["critical", "high", "medium", "low", "info", "none", "unknown"].contains(rating.severity.lowercased()) {
            tree.field("severity", rating.severity.lowercased(), to: &out)
        }
        let method = Self.method(rating)
        if !method.isEmpty { tree.field("method", version.knows(method: method) ? method : "other", to: &out) }
        tree.text("vector", rating.vector, to: &out)
        tree.text("justification", rating.justification, to: &out)
        tree.endObject(to: &out)
    }

    /// The method by the prefix of the vector: CVSS v3.0, v3.1 and v4.0 must have a prefix, v2 has none.
    private static func method(_ rating: VulnerabilityClaim.Rating) -> String {
        guard rating.method.hasPrefix("CVSS") || rating.method.isEmpty, !rating.vector.isEmpty else {
            return rating.method
        }
        if rating.vector.hasPrefix("CVSS:3.0") { return "CVSSv3" }
        if rating.vector.hasPrefix("CVSS:3") { return "CVSSv31" }
        if rating.vector.hasPrefix("CVSS:4") { return "CVSSv4" }
        return rating.method == "CVSSv4" ? "other" : rating.method
    }

    private mutating func write(_ analysis: VulnerabilityClaim.Analysis, to out: inout ByteSink) {
        tree.beginObject("analysis", to: &out)
        let states = [
            "resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive", "not_affected",
        ]
        if states.contains(analysis.state) { tree.field("state", analysis.state, to: &out) }
        let justifications = [
            "code_not_present", "code_not_reachable", "requires_configuration", "requires_dependency",
            "requires_environment",
            "protected_by_compiler", "protected_at_runtime", "protected_at_perimeter",
            "protected_by_mitigating_control",
        ]
        if justifications.contains(analysis.justification) {
            tree.field("justification", analysis.justification, to: &out)
        }
        let responses = analysis.responses.filter {
            ["can_not_fix", "will_not_fix", "update", "rollback", "workaround_available"].contains($0)
        }
        if !responses.isEmpty {
            tree.beginList(TreeName("response", xml: "responses"), to: &out)
            for response in responses { tree.field("response", response, to: &out) }
            tree.endList(to: &out)
        }
        tree.text("detail", analysis.detail, to: &out)
        if version.hasWorkaround {
            writeTime("firstIssued", analysis.firstIssued, to: &out)
            writeTime("lastUpdated", analysis.lastUpdated, to: &out)
        }
        tree.endObject(to: &out)
    }

    private mutating func writeAffected(_ affects: [VulnerabilityClaim.Affected], to out: inout ByteSink) {
        var seen = Set<String>()
        let found = affects.compactMap { affected in
            (known(affected.ref) ?? (affected.ref.hasPrefix("urn:cdx:") ? affected.ref : nil)).map { ($0, affected) }
        }.filter { seen.insert($0.0).inserted }
        if found.count < affects.count { lose(.affected, affects.count - found.count) }
        guard !found.isEmpty else { return }
        tree.beginList("affects", to: &out)
        for (ref, affected) in found {
            tree.beginObject("target", to: &out)
            tree.field("ref", ref, to: &out)
            let versions = affected.versions.filter { !$0.version.isEmpty || !$0.range.isEmpty }
            if !versions.isEmpty {
                tree.beginList("versions", to: &out)
                for version in versions {
                    tree.beginObject("version", to: &out)
                    if version.version.isEmpty {
                        tree.field("range", version.range, to: &out)
                    } else {
                        tree.field("version", version.version, to: &out)
                    }
                    if ["affected", "unaffected", "unknown"].contains(version.status) {
                        tree.field("status", version.status, to: &out)
                    }
                    tree.endObject(to: &out)
                }
                tree.endList(to: &out)
            }
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }
}
