/// Rows of cells as clean UTF-8, one after the other, in reused memory.
struct PDFRows: ~Copyable {
    private(set) var bytes: [UInt8] = []
    /// The end of each cell in `bytes`; all rows have the same number of cells.
    private(set) var ends: [Int] = []
    /// The addresses that cells link to, one after the other, and the end of each cell's address. Kept only for tables with a
    /// column of links.
    private var addresses: [UInt8] = []
    private var addressEnds: [Int] = []
    private let keepsAddresses: Bool
    private var begun = 0
    /// The number of complete rows.
    private(set) var count = 0
    /// The number of cells that were cut to the limit of bytes.
    private(set) var cut = 0

    init(keepsAddresses: Bool = false) { self.keepsAddresses = keepsAddresses }

    mutating func cell(_ utf8: UnsafeRawBufferPointer) {
        if PDFCellText.append(utf8, to: &bytes) { cut += 1 }
        ends.append(bytes.count)
    }

    /// Adds a cell that links to an address.
    mutating func cell(_ utf8: UnsafeRawBufferPointer, address: UnsafeRawBufferPointer) {
        guard keepsAddresses else { return cell(utf8) }
        padAddresses()
        addresses.append(contentsOf: address)
        cell(utf8)
        padAddresses()
    }

    /// Gives each cell without an address the rest of `addresses`, which is empty except for a cell that just got
    /// one.
    private mutating func padAddresses() {
        while addressEnds.count < ends.count { addressEnds.append(addresses.count) }
    }

    /// Adds an item to the last cell, after a comma unless the cell is empty.
    mutating func item(_ utf8: UnsafeRawBufferPointer) {
        guard ends.count > begun, let end = ends.popLast() else { return cell(utf8) }
        let begin = ends.last ?? 0
        if end - begin < PDFCellText.limit {
            if end > begin { bytes.append(contentsOf: ", ".utf8) }
            if PDFCellText.append(utf8, to: &bytes) { cut += 1 }
            // The items after this one are left out; an ellipsis marks that.
            if bytes.count - begin >= PDFCellText.limit {
                bytes.append(contentsOf: ", …".utf8)
                cut += 1
            }
        }
        ends.append(bytes.count)
    }

    mutating func end(columns: Int) {
        while ends.count - begun < columns { ends.append(bytes.count) }
        if ends.count - begun > columns {
            ends.removeLast(ends.count - begun - columns)
            bytes.removeLast(bytes.count - (ends.last ?? 0))
            if addressEnds.count > ends.count {
                addressEnds.removeLast(addressEnds.count - ends.count)
                addresses.removeLast(addresses.count - (addressEnds.last ?? 0))
            }
        }
        if keepsAddresses { padAddresses() }
        begun = ends.count
        count += 1
    }

    func withCell<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let begin = index == 0 ? 0 : ends[index - 1]
        let end = ends[index]
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[begin..<end])) }
    }

    func withAddress<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard index < addressEnds.count else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let begin = index == 0 ? 0 : addressEnds[index - 1]
        let end = addressEnds[index]
        return addresses.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[begin..<end])) }
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        addresses.removeAll(keepingCapacity: true)
        addressEnds.removeAll(keepingCapacity: true)
        begun = 0
        count = 0
        cut = 0
    }
}
