import BOM

// DESIGN. A document without components says nothing about the content of a project. As an inventory it would silently
// empty the project. So it is refused, and the project keeps its content. A document that has statements about
// vulnerabilities instead is a VEX document; its statements are applied to the content of the project. The component in
// CycloneDX's metadata is the project itself; the described package of SPDX is a package like any other.

extension ScanStaging {
    /// Whether a bill of materials lists components. False when it has only statements about vulnerabilities; throws when
    /// it has neither. To be called after all parts have arrived.
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
