import Glibc

/// Assigns small numbers to texts, in the order of their first use.
///
/// Open addressing over one arena of bytes: each text takes about 16 bytes and its own length. The hash is seeded for
/// each process, so no document can force collisions.
package struct ReferenceTable: Sendable {
    private var bytes: [UInt8] = []
    /// Text `n` is in `bytes[ends[n - 1]..<ends[n]]`.
    private var ends: [UInt32] = []
    private var hashes: [UInt32] = []
    /// The number of a text plus one; 0 is free.
    private var slots: [UInt32] = Array(repeating: 0, count: 64)

    /// The most bytes of all texts, and sixteen times the largest number of texts.
    package static let limit = 512 << 20

    package init() {}

    /// The number of different texts.
    package var count: Int { ends.count }

    /// The number of a text, new or known; nil when `limit` bytes of texts are full.
    package mutating func number(for text: UnsafeRawBufferPointer) -> Int32? {
        let hash = Self.hash(text)
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let candidate = Int(slots[slot]) - 1
            if hashes[candidate] == hash, equals(candidate, text) { return Int32(candidate) }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard bytes.count + text.count <= Self.limit, ends.count < Self.limit / 16 else { return nil }
        bytes.append(contentsOf: text)
        ends.append(UInt32(bytes.count))
        hashes.append(hash)
        slots[slot] = UInt32(ends.count)
        if ends.count * 4 > slots.count * 3 { grow() }
        return Int32(ends.count - 1)
    }

    /// The number of a text, new or known; nil when the texts reach `limit` bytes.
    package mutating func number(for text: String) -> Int32? {
        var text = text
        return text.withUTF8 { number(for: UnsafeRawBufferPointer($0)) }
    }

    /// The number of a known text.
    package func known(_ text: String) -> Int32? {
        var text = text
        return text.withUTF8 { utf8 in
            let text = UnsafeRawBufferPointer(utf8)
            let hash = Self.hash(text)
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != 0 {
                let candidate = Int(slots[slot]) - 1
                if hashes[candidate] == hash, equals(candidate, text) { return Int32(candidate) }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    /// The text of a number that this table gave.
    package subscript(number: Int32) -> String { String(decoding: bytes[range(Int(number))], as: UTF8.self) }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index]) }

    private func equals(_ index: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        let range = range(index)
        guard range.count == text.count else { return false }
        guard let start = text.baseAddress else { return true }
        return bytes.withUnsafeBytes {
            memcmp($0.baseAddress.map { $0 + range.lowerBound } ?? start, start, text.count) == 0
        }
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for index in hashes.indices {
            var slot = Int(hashes[index]) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(index + 1)
        }
    }

    private static func hash(_ text: UnsafeRawBufferPointer) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: text)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }
}
