/// The cells that were shaped last, for reports repeat names and licences in their columns.
///
/// A place is found by the hash of column and bytes, and holds two: a third takes the place of the one not asked for
/// last. So it never grows, and a hostile choice of values makes it useless but not slow.
struct PDFCellCache: ~Copyable {
    private struct Entry {
        var hash: UInt64 = 0
        var column = -1
        var bytes: [UInt8] = []
        var text: PDFText?
    }

    /// Longer texts hardly repeat, and hold much memory each.
    private static let longest = 200
    private static let places = 2048

    private var entries: [Entry]

    init() {
        entries = []
        removeAll()
    }

    mutating func removeAll() { entries = Array(repeating: Entry(), count: 2 * Self.places) }

    /// The shaped text of a cell, from `shape` when it is not here.
    mutating func text(_ utf8: UnsafeRawBufferPointer, column: Int, shape: () -> PDFText) -> PDFText {
        guard utf8.count <= Self.longest else { return shape() }
        let hash = Self.hash(utf8, column)
        let place = 2 * Int(truncatingIfNeeded: hash % UInt64(Self.places))
        if let text = find(place, hash, column, utf8) { return text }
        entries.swapAt(place, place + 1)
        if let text = find(place, hash, column, utf8) { return text }
        let text = shape()
        entries[place].hash = hash
        entries[place].column = column
        entries[place].bytes.removeAll(keepingCapacity: true)
        entries[place].bytes.append(contentsOf: utf8)
        entries[place].text = text
        return text
    }

    private func find(_ place: Int, _ hash: UInt64, _ column: Int, _ utf8: UnsafeRawBufferPointer) -> PDFText? {
        guard entries[place].hash == hash, entries[place].column == column,
            entries[place].bytes.withUnsafeBytes({ $0.elementsEqual(utf8) })
        else { return nil }
        return entries[place].text
    }

    /// FNV-1a in steps of eight bytes.
    private static func hash(_ utf8: UnsafeRawBufferPointer, _ column: Int) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(truncatingIfNeeded: column)
        var at = 0
        while at + 8 <= utf8.count {
            hash = (hash ^ utf8.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x100_0000_01b3
            hash ^= hash >> 29
            at += 8
        }
        for byte in utf8[at...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash ^ hash >> 32
    }
}
