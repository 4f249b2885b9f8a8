import Bytes

/// Source files as the JSON in `source_file.body`.
package enum SourceFileFacts {
    package static func encode(_ file: SourceFile) -> String {
        var writer = FactsWriter()
        writer.object {
            $0.text("ref", file.ref)
            $0.text("path", file.path)
            ComponentFacts.write(file.hashes, as: "hashes", to: &$0)
            ComponentFacts.write(file.licenses, as: "licenses", to: &$0)
            ComponentFacts.write(file.concludedLicenses, as: "concludedLicenses", to: &$0)
            $0.text("copyright", file.copyright)
            $0.text("component", file.component)
            $0.text("extra", file.extra)
        }
        return writer.text
    }

    package static func decode(_ text: String) throws(FactsError) -> SourceFile {
        try decoding("a source file's facts", text) { (json) throws(JSONError) in
            var file = SourceFile(ref: "", path: "")
            try ComponentFacts.members(&json) { (json) throws(JSONError) in
                if json.keyEquals("ref") {
                    file.ref = try json.string()
                } else if json.keyEquals("path") {
                    file.path = try json.string()
                } else if json.keyEquals("hashes") {
                    file.hashes = try ComponentFacts.hashes(&json)
                } else if json.keyEquals("licenses") {
                    file.licenses = try ComponentFacts.claims(&json)
                } else if json.keyEquals("concludedLicenses") {
                    file.concludedLicenses = try ComponentFacts.claims(&json)
                } else if json.keyEquals("copyright") {
                    file.copyright = try json.string()
                } else if json.keyEquals("component") {
                    file.component = try json.string()
                } else if json.keyEquals("extra") {
                    file.extra = try json.string()
                } else {
                    return false
                }
                return true
            }
            return file
        }
    }
}

/// A document's claim about a vulnerability, as the JSON in `vulnerability_claim.body`.
package enum VulnerabilityFacts {
    package static func encode(_ claim: VulnerabilityClaim) -> String {
        var writer = FactsWriter()
        writer.object { write(claim, to: &$0) }
        return writer.text
    }

    private static func write(_ claim: VulnerabilityClaim, to writer: inout FactsWriter) {
        writer.text("ref", claim.ref)
        writer.text("id", claim.id)
        writer.text("sourceName", claim.sourceName)
        writer.text("sourceURL", claim.sourceURL)
        writer.texts("aliases", claim.aliases)
        writer.list("ratings", claim.ratings) { writer, rating in
            writer.object {
                $0.text("source", rating.source)
                $0.text("sourceURL", rating.sourceURL)
                if let score = rating.score { $0.number("score", score) }
                $0.text("severity", rating.severity)
                $0.text("method", rating.method)
                $0.text("vector", rating.vector)
                $0.text("justification", rating.justification)
            }
        }
        writer.texts("weaknesses", claim.weaknesses.map(String.init))
        writer.text("description", claim.description)
        writer.text("detail", claim.detail)
        writer.text("recommendation", claim.recommendation)
        writer.text("workaround", claim.workaround)
        writer.texts("advisories", claim.advisories)
        let titled = claim.advisories.compactMap { url in claim.advisoryTitles[url].map { (url, $0) } }
        writer.list("advisoryTitles", titled) { writer, advisory in
            writer.object {
                $0.text("name", advisory.0)
                $0.text("value", advisory.1)
            }
        }
        writer.text("created", claim.created)
        writer.text("published", claim.published)
        writer.text("updated", claim.updated)
        writer.text("rejected", claim.rejected)
        writer.list("credits", claim.credits) { writer, agent in
            writer.object { ComponentFacts.write(agent, to: &$0) }
        }
        if let analysis = claim.analysis {
            writer.object("analysis") {
                $0.text("state", analysis.state)
                $0.text("justification", analysis.justification)
                $0.texts("responses", analysis.responses)
                $0.text("detail", analysis.detail)
                $0.text("firstIssued", analysis.firstIssued)
                $0.text("lastUpdated", analysis.lastUpdated)
            }
        }
        writer.list("affects", claim.affects) { writer, affected in
            writer.object {
                $0.required("ref", affected.ref)
                $0.list("versions", affected.versions) { writer, version in
                    writer.object {
                        $0.text("version", version.version)
                        $0.text("range", version.range)
                        $0.required("status", version.status)
                    }
                }
            }
        }
        ComponentFacts.write(claim.properties, as: "properties", to: &writer)
        writer.text("extra", claim.extra)
    }

    private enum Field: String, CaseIterable, Sendable {
        case ref, id, sourceName, sourceURL, aliases, ratings, weaknesses, description, detail, recommendation
        case workaround, advisories, advisoryTitles, created, published, updated, rejected, credits, analysis, affects
        case properties, extra
    }
    private static let fields = JSONKeys<Field>()

    package static func decode(_ text: String) throws(FactsError) -> VulnerabilityClaim {
        try decoding("a vulnerability's facts", text) { (json) throws(JSONError) in
            var claim = VulnerabilityClaim(id: "")
            var seen = JSONSeenKeys()
            try json.beginObject()
            while try json.nextKey() {
                switch try json.key(in: fields, seen: &seen) {
                case .ref: claim.ref = try json.string()
                case .id: claim.id = try json.string()
                case .sourceName: claim.sourceName = try json.string()
                case .sourceURL: claim.sourceURL = try json.string()
                case .aliases: claim.aliases = try ComponentFacts.texts(&json)
                case .ratings: claim.ratings = try ComponentFacts.list(&json, rating)
                case .weaknesses: claim.weaknesses = try ComponentFacts.texts(&json).compactMap { Int($0) }
                case .description: claim.description = try json.string()
                case .detail: claim.detail = try json.string()
                case .recommendation: claim.recommendation = try json.string()
                case .workaround: claim.workaround = try json.string()
                case .advisories: claim.advisories = try ComponentFacts.texts(&json)
                case .advisoryTitles:
                    for title in try ComponentFacts.properties(&json) { claim.advisoryTitles[title.name] = title.value }
                case .created: claim.created = try json.string()
                case .published: claim.published = try json.string()
                case .updated: claim.updated = try json.string()
                case .rejected: claim.rejected = try json.string()
                case .credits:
                    claim.credits = try ComponentFacts.list(&json) { (json) throws(JSONError) in
                        try ComponentFacts.agent(&json)
                    }
                case .analysis: claim.analysis = try analysis(&json)
                case .affects: claim.affects = try ComponentFacts.list(&json, affected)
                case .properties: claim.properties = try ComponentFacts.properties(&json)
                case .extra: claim.extra = try json.string()
                case nil: try json.skipValue()
                }
            }
            return claim
        }
    }

    private static func rating(_ json: inout JSONReader) throws(JSONError) -> VulnerabilityClaim.Rating {
        var rating = VulnerabilityClaim.Rating()
        try ComponentFacts.members(&json) { (json) throws(JSONError) in
            if json.keyEquals("source") {
                rating.source = try json.string()
            } else if json.keyEquals("sourceURL") {
                rating.sourceURL = try json.string()
            } else if json.keyEquals("score") {
                rating.score = try json.double()
            } else if json.keyEquals("severity") {
                rating.severity = try json.string()
            } else if json.keyEquals("method") {
                rating.method = try json.string()
            } else if json.keyEquals("vector") {
                rating.vector = try json.string()
            } else if json.keyEquals("justification") {
                rating.justification = try json.string()
            } else {
                return false
            }
            return true
        }
        return rating
    }

    private static func analysis(_ json: inout JSONReader) throws(JSONError) -> VulnerabilityClaim.Analysis {
        var analysis = VulnerabilityClaim.Analysis()
        try ComponentFacts.members(&json) { (json) throws(JSONError) in
            if json.keyEquals("state") {
                analysis.state = try json.string()
            } else if json.keyEquals("justification") {
                analysis.justification = try json.string()
            } else if json.keyEquals("responses") {
                analysis.responses = try ComponentFacts.texts(&json)
            } else if json.keyEquals("detail") {
                analysis.detail = try json.string()
            } else if json.keyEquals("firstIssued") {
                analysis.firstIssued = try json.string()
            } else if json.keyEquals("lastUpdated") {
                analysis.lastUpdated = try json.string()
            } else {
                return false
            }
            return true
        }
        return analysis
    }

    private static func affected(_ json: inout JSONReader) throws(JSONError) -> VulnerabilityClaim.Affected {
        var affected = VulnerabilityClaim.Affected(ref: "")
        try ComponentFacts.members(&json) { (json) throws(JSONError) in
            if json.keyEquals("ref") {
                affected.ref = try json.string()
            } else if json.keyEquals("versions") {
                affected.versions = try ComponentFacts.list(&json) { (json) throws(JSONError) in
                    var version = VulnerabilityClaim.Affected.Version()
                    try ComponentFacts.members(&json) { (json) throws(JSONError) in
                        if json.keyEquals("version") {
                            version.version = try json.string()
                        } else if json.keyEquals("range") {
                            version.range = try json.string()
                        } else if json.keyEquals("status") {
                            version.status = try json.string()
                        } else {
                            return false
                        }
                        return true
                    }
                    return version
                }
            } else {
                return false
            }
            return true
        }
        return affected
    }
}
