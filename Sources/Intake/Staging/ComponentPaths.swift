import BOM

// DESIGN. CycloneDX states where a component was found in `evidence.occurrences`, which is in the model. Generators used other
// places before that, and still do: properties with names of their own, and in SPDX the source information.

/// The paths at which a component was found.
enum ComponentPaths {
    /// The paths in a document, in its order, each once.
    static func paths(of component: Component) -> [String] {
        var paths = component.locations
        paths += component.properties.filter { isPath($0.name) }.map(\.value)
        paths += syftPaths(component.sourceInfo)
        guard !paths.isEmpty else { return [] }
        var seen = Set<String>()
        return paths.filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    /// Whether a property of this name holds a path: `syft:location:0:path` (syft), `aquasecurity:trivy:FilePath` (Trivy),
    /// `SrcFile` (cdxgen), `cdx:npm:package:path` (cyclonedx-npm, taxonomy of CycloneDX properties).
    private static func isPath(_ name: String) -> Bool {
        switch name {
        case "SrcFile", "aquasecurity:trivy:FilePath", "cdx:npm:package:path": true
        default: name.hasPrefix("syft:location:") && name.hasSuffix(":path")
        }
    }

    /// The paths in syft's `acquired package info from the following paths: /a, /b` (syft: SPDX `sourceInfo`), for any
    /// kind of database or manifest.
    private static func syftPaths(_ sourceInfo: String) -> [String] {
        guard sourceInfo.hasPrefix("acquired package info from "), let colon = sourceInfo.firstRange(of: ": ") else {
            return []
        }
        return sourceInfo[colon.upperBound...].split(separator: ", ").map(String.init)
    }
}
