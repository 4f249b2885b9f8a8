import BOM
import Inventory

// DESIGN. What generators write beside a package URL is read here, once, from the model of a component: readers of all
// syntaxes bring properties and `sourceInfo` there. Most components end at the type of their package URL.

extension MatchingEvidence {
    /// What a component says beside its package URL.
    init(_ component: Component, _ purl: PackageURL) {
        self.init()
        if purl.version.isEmpty { version = component.version }
        switch purl.type {
        case "npm": name = component.name
        case "deb", "apk", "rpm": source = Self.source(of: component)
        default: break
        }
    }

    /// The source package of a distribution's package, as properties or SPDX's `sourceInfo` name it.
    private static func source(of component: Component) -> SourcePackage? {
        if let source = SourcePackage(sourceInfo: component.sourceInfo) { return source }
        var (name, epoch, version, release) = ("", "", "", "")
        for property in component.properties {
            switch property.name {
            // Trivy.
            case "aquasecurity:trivy:SrcName": name = property.value
            case "aquasecurity:trivy:SrcEpoch": epoch = property.value
            case "aquasecurity:trivy:SrcVersion": version = property.value
            case "aquasecurity:trivy:SrcRelease": release = property.value
            // Syft: packages of dpkg, apk and rpm.
            case "syft:metadata:source", "syft:metadata:originPackage": name = property.value
            case "syft:metadata:sourceVersion": version = property.value
            case "syft:metadata:sourceRpm": if let source = SourcePackage(file: property.value) { return source }
            // Waybill's own CycloneDX, of a component that SPDX brought.
            case "waybill:sourceInfo":
                if let source = SourcePackage(sourceInfo: property.value) { return source }
            default: break
            }
        }
        if name.isEmpty { return nil }
        return SourcePackage(name: name, epoch: epoch, version: version, release: release)
    }
}

extension PackageKey {
    /// The keys of a component, each once.
    static func keys(of component: Component) -> [PackageKey] {
        guard !component.purl.isEmpty, let purl = PackageURL(component.purl) else { return [] }
        let keys = keys(of: purl, evidence: MatchingEvidence(component, purl))
        if keys.count < 2 { return keys }
        var seen: Set<String> = []
        return keys.filter { seen.insert($0.text).inserted }
    }

    /// Why advisories cannot be looked up for a component; nil where they can.
    static func obstacle(of component: Component, isCovered: (String) -> Bool) -> MatchingObstacle? {
        guard !component.purl.isEmpty, let purl = PackageURL(component.purl) else { return .noPackageURL }
        return obstacle(of: purl, evidence: MatchingEvidence(component, purl), isCovered: isCovered)
    }
}
