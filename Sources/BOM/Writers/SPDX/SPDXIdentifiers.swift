import Inventory

/// Facts that follow from a package alone: its package URL in a form that documents may carry (nil without a valid one),
/// and the end of its id unless another package has the same: the name of its file.
package struct SPDXPreparation: Sendable {
    let purl: String?
    let file: String

    init(_ component: Component) {
        let purl = component.purl.isEmpty ? nil : PackageURL(component.purl)
        self.purl = purl.map { PurlText.fit(component.purl, as: $0) }
        let file =
            !component.fileName.isEmpty
            ? component.fileName
            : purl.map { LibraryCoordinates($0).fileName }
                ?? (component.version.isEmpty ? component.name : "\(component.name)-\(component.version)")
        self.file = IDText.safe(file)
    }
}

/// The ids that packages of an SPDX document get, in the order in which they come: a prefix and the name of the file, with a
/// number where that is taken.
package struct SPDXIdentifiers: Sendable {
    /// Before the name of the file, as Mend's documentation of its reports shows it.
    package static let prefix = "SPDXRef-Package-"
    /// The same for Mend's older synchronous report, whose readers find licence texts by it.
    package static let olderPrefix = "SPDXRef-PACKAGE-"

    private var taken: Set<String> = ["SPDXRef-DOCUMENT"]
    private var nextNumbers: [String: Int] = [:]

    /// This id, or with a number.
    mutating func claim(_ base: String) -> String {
        if taken.insert(base).inserted { return base }
        var number = nextNumbers[base] ?? 2
        while !taken.insert("\(base)-\(number)").inserted { number += 1 }
        nextNumbers[base] = number + 1
        return "\(base)-\(number)"
    }
}
