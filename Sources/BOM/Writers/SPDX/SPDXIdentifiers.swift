import Inventory

/// Facts that depend only on the package: its package URL in a form that documents may contain (nil without a valid
/// one), and the end of its id, which is the name of its file unless another package has the same.
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

/// Assigns ids to the packages of an SPDX document in their order: a prefix and the file name, followed by a number if that
/// is taken.
package struct SPDXIdentifiers: Sendable {
    /// The prefix before the file name, as in Mend's documentation of its reports.
    package static let prefix = "SPDXRef-Package-"
    /// The prefix for Mend's older synchronous report, whose readers find licence texts by it.
    package static let olderPrefix = "SPDXRef-PACKAGE-"

    private var taken: Set<String> = ["SPDXRef-DOCUMENT"]
    private var nextNumbers: [String: Int] = [:]

    /// This id, followed by a number if it is taken.
    mutating func claim(_ base: String) -> String {
        if taken.insert(base).inserted { return base }
        var number = nextNumbers[base] ?? 2
        while !taken.insert("\(base)-\(number)").inserted { number += 1 }
        nextNumbers[base] = number + 1
        return "\(base)-\(number)"
    }
}
