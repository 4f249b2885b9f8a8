import Inventory

enum InventoryProbe {
    static func isPackageURL(_ text: String) -> Bool { PackageURL(text) != nil }
}
