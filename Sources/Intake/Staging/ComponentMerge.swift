import BOM

// DESIGN. Descriptions of one library are merged field by field: the first value counts, and lists are joined. So the same
// descriptions in the same order give the same library.

extension Component {
    /// Adds facts of another description of the same library where this one has none.
    mutating func complete(with other: Component) {
        for field in [
            \.group, \.version, \.purl, \.author, \.publisher, \.description, \.summary, \.comment, \.copyright,
            \.homepage,
            \.downloadLocation, \.fileName, \.sourceInfo, \.licenseComment, \.releaseDate, \.extra,
        ] as [WritableKeyPath<Component, String>] where !Self.says(self[keyPath: field]) {
            if Self.says(other[keyPath: field]) { self[keyPath: field] = other[keyPath: field] }
        }
        supplier = supplier ?? other.supplier
        originator = originator ?? other.originator
        Self.join(&cpes, other.cpes)
        Self.join(&hashes, other.hashes)
        Self.joinClaims(&licenses, other.licenses)
        Self.joinClaims(&concludedLicenses, other.concludedLicenses)
        Self.join(&attributionTexts, other.attributionTexts)
        Self.join(&externalReferences, other.externalReferences)
        Self.join(&properties, other.properties)
    }

    /// NONE and NOASSERTION of SPDX count as no value.
    private static func says(_ text: String) -> Bool { !text.isEmpty && text != "NONE" && text != "NOASSERTION" }

    /// The most elements of a joined list; further elements of later descriptions are left out.
    private static let listLimit = 1000

    private static func join<Element: Equatable>(_ list: inout [Element], _ more: [Element]) {
        for element in more {
            if list.count >= listLimit { return }
            if !list.contains(element) { list.append(element) }
        }
    }

    private static func joinClaims(_ claims: inout [LicenseClaim], _ more: [LicenseClaim]) {
        func says(_ claim: LicenseClaim) -> Bool { claim.form != .noAssertion && claim.form != .none }
        guard more.contains(where: says) else {
            if claims.isEmpty { claims = more }
            return
        }
        claims.removeAll { !says($0) }
        join(&claims, more.filter(says))
    }
}
