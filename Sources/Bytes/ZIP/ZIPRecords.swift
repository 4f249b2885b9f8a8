/// The facts of a ZIP's directory about an entry.
package struct ZIPEntry: Sendable, Equatable {
    package let name: String
    /// Bytes before compression.
    package let size: UInt64
    /// The bytes in the archive without headers.
    package let compressedSize: UInt64
    /// The CRC-32 of the bytes before compression.
    package let crc: UInt32
    /// The position of its header.
    let offset: UInt64
}

/// The records of a ZIP (PKWARE APPNOTE 6.3.10 §4.3), as bytes.
package struct ZIPRecords {
    /// The largest size of an entry without zip64.
    package static let largestPlainEntry = UInt64(UInt32.max) - 1
    /// The value of a 32-bit field whose number is in a zip64 record.
    static let elsewhere: UInt32 = .max
    /// The largest number of a 32-bit field.
    static let narrow = largestPlainEntry

    /// Bit 3: sizes in a descriptor; bit 11: names in UTF-8 (§4.4.4).
    private static let flags: UInt16 = 1 << 3 | 1 << 11
    private static let deflated: UInt16 = 8

    private let date: UInt16
    private let time: UInt16

    /// - Parameter time: the time of all entries in milliseconds since 1970, UTC.
    init(time: Int64) {
        // §4.4.6: MS-DOS time, which ranges from 1980 to 2107 in steps of two seconds.
        let fields = TimeText.fields(min(max(time, 315_532_800_000), 4_354_819_199_000))
        date = UInt16((fields.year - 1980) << 9 | fields.month << 5 | fields.day)
        self.time = UInt16(fields.hour << 11 | fields.minute << 5 | fields.second / 2)
    }

    /// §4.3.7. With `isWide`, the descriptor after the data has sizes of 64 bits (§4.3.9.2).
    func header(_ name: [UInt8], isWide: Bool) -> [UInt8] {
        var record = LittleEndian()
        record.four(0x0403_4b50)
        record.two(isWide ? 45 : 20)
        common(&record)
        record.four(0)
        record.four(isWide ? Self.elsewhere : 0)
        record.four(isWide ? Self.elsewhere : 0)
        record.two(UInt16(name.count))
        record.two(isWide ? 20 : 0)
        record.bytes += name
        if isWide {
            record.two(1)
            record.two(16)
            record.eight(0)
            record.eight(0)
        }
        return record.bytes
    }

    /// §4.3.9.
    func descriptor(_ entry: ZIPEntry, isWide: Bool) -> [UInt8] {
        var record = LittleEndian()
        record.four(0x0807_4b50)
        record.four(entry.crc)
        if isWide {
            record.eight(entry.compressedSize)
            record.eight(entry.size)
        } else {
            record.four(UInt32(truncatingIfNeeded: entry.compressedSize))
            record.four(UInt32(truncatingIfNeeded: entry.size))
        }
        return record.bytes
    }

    /// The record of §4.3.12, with the zip64 field (§4.5.3) when a number needs it.
    func directory(_ entry: ZIPEntry) -> [UInt8] {
        let name = Array(entry.name.utf8)
        var wide = LittleEndian()
        func narrow(_ number: UInt64) -> UInt32 {
            if number <= Self.narrow { return UInt32(number) }
            wide.eight(number)
            return Self.elsewhere
        }
        // In the order of the zip64 field.
        let size = narrow(entry.size)
        let compressedSize = narrow(entry.compressedSize)
        let offset = narrow(entry.offset)
        var record = LittleEndian()
        record.four(0x0201_4b50)
        record.two(3 << 8 | 45)  // made on a Unix system
        record.two(wide.bytes.isEmpty ? 20 : 45)
        common(&record)
        record.four(entry.crc)
        record.four(compressedSize)
        record.four(size)
        record.two(UInt16(name.count))
        record.two(wide.bytes.isEmpty ? 0 : UInt16(4 + wide.bytes.count))
        record.two(0)
        record.two(0)
        record.two(0)
        record.four(0o100644 << 16)
        record.four(offset)
        record.bytes += name
        if !wide.bytes.isEmpty {
            record.two(1)
            record.two(UInt16(wide.bytes.count))
            record.bytes += wide.bytes
        }
        return record.bytes
    }

    /// Whether the end of the archive needs zip64 records.
    static func isWide(count: Int, size: UInt64, offset: UInt64) -> Bool {
        count >= 0xffff || size > narrow || offset > narrow
    }

    /// The records of §4.3.14 to §4.3.16 for a directory of `count` entries in `size` bytes at `offset`.
    func end(count: Int, size: UInt64, offset: UInt64) -> [UInt8] {
        var record = LittleEndian()
        if Self.isWide(count: count, size: size, offset: offset) {
            record.four(0x0606_4b50)
            record.eight(44)
            record.two(3 << 8 | 45)
            record.two(45)
            record.four(0)
            record.four(0)
            record.eight(UInt64(count))
            record.eight(UInt64(count))
            record.eight(size)
            record.eight(offset)
            record.four(0x0706_4b50)
            record.four(0)
            record.eight(offset + size)
            record.four(1)
        }
        record.four(0x0605_4b50)
        record.two(0)
        record.two(0)
        record.two(UInt16(min(count, 0xffff)))
        record.two(UInt16(min(count, 0xffff)))
        record.four(UInt32(min(size, UInt64(Self.elsewhere))))
        record.four(UInt32(min(offset, UInt64(Self.elsewhere))))
        record.two(0)
        return record.bytes
    }

    private func common(_ record: inout LittleEndian) {
        record.two(Self.flags)
        record.two(Self.deflated)
        record.two(time)
        record.two(date)
    }

    /// Numbers in the byte order of ZIP.
    private struct LittleEndian {
        var bytes: [UInt8] = []
        mutating func two(_ number: UInt16) { append(UInt64(number), 2) }
        mutating func four(_ number: UInt32) { append(UInt64(number), 4) }
        mutating func eight(_ number: UInt64) { append(number, 8) }
        private mutating func append(_ number: UInt64, _ count: Int) {
            for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place))) }
        }
    }
}
