import BOM

// DESIGN. A document without components says nothing about the contents of a project. Taken for an inventory it would empty
// the project without a word: so it is refused, and the project keeps what it shows. A document with statements about
// vulnerabilities instead is a VEX document, whose statements are applied to the content of the project. The component in
// CycloneDX's metadata is the project itself; the described package of SPDX is a package like others.

extension ScanStaging {
    /// Whether a bill of materials lists components. False when it has statements about vulnerabilities only; throws when
    /// it lacks these, too. Call it when all parts are here.
    func isInventory() throws(BOMError) -> Bool {
        guard takesStatements else { return true }
        let isRootApart = document?.standard == .cycloneDX && document?.describes.count == 1
        guard entries.count - serviceCount - (isRootApart ? 1 : 0) <= 0 else { return true }
        if fileCount > 0 {
            warning("the document lists \(fileCount) files and no package, so the inventory has no library")
            return true
        }
        if claimCount > 0 { return false }
        let others = serviceCount > 0 ? "\(serviceCount) services and " : ""
        throw .invalid(
            what:
                "the document lists \(others)no components, so it is no inventory and the project keeps what it shows; "
                + "have the generator look at what is built or installed, or delete the project if it is over")
    }
}
