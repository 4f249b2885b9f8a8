import Glibc

/// The keys that objects of a type may have; a look-up compares bytes and makes no `String`.
///
///     private enum Field: String, CaseIterable { case name, bomRef = "bom-ref" }
///     private let fields = JSONKeys<Field>()
package struct JSONKeys<Field: RawRepresentable & CaseIterable & Sendable>: Sendable where Field.RawValue == String {
    @usableFromInline let table: JSONKeyTable
    @usableFromInline let fields: [Field]

    /// At most 64 fields.
    package init() {
        fields = Array(Field.allCases)
        precondition(fields.count <= 64, "one bit is kept for each key")
        table = JSONKeyTable(fields.map(\.rawValue))
    }
}

/// The keys of an object that were read so far.
package struct JSONSeenKeys: Sendable {
    @usableFromInline var bits: UInt64 = 0

    package init() {}
}

/// A hash table of names, by length, first and last byte.
@usableFromInline
struct JSONKeyTable: Sendable {
    private let bytes: [UInt8]
    /// The bytes of name `n` are `starts[n]..<starts[n + 1]`.
    private let starts: [Int]
    /// For each slot the number of its first name plus one (0 for none), and for each name the next name in its slot.
    private var slots: [UInt8]
    private var chain: [UInt8]

    init(_ names: [String]) {
        var bytes: [UInt8] = []
        var starts = [0]
        for name in names {
            bytes += name.utf8
            starts.append(bytes.count)
        }
        self.bytes = bytes
        self.starts = starts
        slots = Array(repeating: 0, count: 128)
        chain = Array(repeating: 0, count: names.count)
        for index in names.indices where starts[index] < starts[index + 1] {
            let slot = Self.slot(
                count: starts[index + 1] - starts[index], first: bytes[starts[index]],
                last: bytes[starts[index + 1] - 1])
            chain[index] = slots[slot]
            slots[slot] = UInt8(index + 1)
        }
    }

    @inline(__always)
    private static func slot(count: Int, first: UInt8, last: UInt8) -> Int {
        (count &+ Int(first) &* 7 &+ Int(last) &* 29) & 127
    }

    /// The number of the name, or -1.
    @usableFromInline
    func index(of key: UnsafeRawBufferPointer) -> Int {
        guard let first = key.first, let last = key.last, let start = key.baseAddress else { return -1 }
        var candidate = Int(slots[Self.slot(count: key.count, first: first, last: last)])
        while candidate > 0 {
            let from = starts[candidate - 1]
            if starts[candidate] - from == key.count,
                bytes.withUnsafeBufferPointer({ names in
                    names.baseAddress.map { memcmp($0 + from, start, key.count) == 0 } ?? false
                })
            {
                return candidate - 1
            }
            candidate = Int(chain[candidate - 1])
        }
        return -1
    }
}
