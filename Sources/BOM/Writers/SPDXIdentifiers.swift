import Inventory

/// The ids that packages of an SPDX document get, in the order in which they come: `SPDXRef-Package-<file name>`, with a number
/// where that is taken.
struct SPDXIdentifiers: Sendable {
    private var taken: Set<String> = ["SPDXRef-DOCUMENT"]
    private var nextNumbers: [String: Int] = [:]

    mutating func claim(for component: Component, purl: PackageURL?) -> String {
        let file =
            !component.fileName.isEmpty
            ? component.fileName
            : purl.map { LibraryCoordinates($0).fileName }
                ?? (component.version.isEmpty ? component.name : "\(component.name)-\(component.version)")
        return claim("SPDXRef-Package-" + IDText.safe(file))
    }

    /// This id, or with a number.
    mutating func claim(_ base: String) -> String {
        if taken.insert(base).inserted { return base }
        var number = nextNumbers[base] ?? 2
        while !taken.insert("\(base)-\(number)").inserted { number += 1 }
        nextNumbers[base] = number + 1
        return "\(base)-\(number)"
    }
}
