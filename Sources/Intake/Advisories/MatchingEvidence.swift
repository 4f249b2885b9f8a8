import BOM
import Inventory

// DESIGN. This file alone reads the facts that generators write beside a package URL. It reads the model of a
// component, which readers of all syntaxes fill with properties and `sourceInfo`. For most components the type of the
// package URL already decides.

extension MatchingEvidence {
    /// The facts of a component beside its package URL.
    init(_ component: Component, _ purl: PackageURL) {
        self.init()
        if purl.version.isEmpty { version = component.version }
        switch purl.type {
        case "npm": name = component.name
        case "deb", "apk", "rpm": source = Self.source(of: component)
        default: break
        }
    }

    /// The source package of a distribution's package, from properties or SPDX's `sourceInfo`.
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
            // Waybill's own CycloneDX for a component from SPDX.
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
    /// The keys of a component, each once, or the reason why it has none.
    ///
    /// - Parameter purl: the component's own package URL; nil without a readable one.
    static func find(_ component: Component, _ purl: PackageURL?) -> Result<[PackageKey], MatchingObstacle> {
        find(purl, evidence: purl.map { MatchingEvidence(component, $0) } ?? MatchingEvidence())
    }

    static func find(_ component: Component) -> Result<[PackageKey], MatchingObstacle> {
        find(component, component.purl.isEmpty ? nil : PackageURL(component.purl))
    }
}
