import CPostgreSQL

// DESIGN. Values are sent in PostgreSQL's binary formats, which `typsend` and `typreceive` of each type define
// (PostgreSQL 15, src/backend/utils/adt): integers and IEEE 754 numbers in network order, text and bytea unchanged.

/// The types of PostgreSQL that a result may contain. Any other type is refused, so that no query silently answers
/// differently from SQLite.
enum PostgreSQLType: Sendable {
    case boolean, int2, int4, int8, float4, float8, text, bytea, numeric, void

    /// The type with this number in `pg_type`.
    init?(oid: Oid) {
        switch oid {
        case 16: self = .boolean
        case 17: self = .bytea
        case 20: self = .int8
        case 21: self = .int2
        case 23: self = .int4
        case 19, 25, 1042, 1043: self = .text
        case 700: self = .float4
        case 701: self = .float8
        case 1700: self = .numeric
        case 2278: self = .void
        default: return nil
        }
    }

    /// Appends a value of this type; false when a cell cannot hold the value.
    @inline(__always)
    func append(_ bytes: UnsafeRawBufferPointer, to buffer: inout RowBuffer) -> Bool {
        switch self {
        case .int8 where bytes.count == 8: buffer.append(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
        case .text: buffer.append(text: bytes)
        case .int4 where bytes.count == 4: buffer.append(Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))))
        case .int2 where bytes.count == 2: buffer.append(Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self))))
        case .boolean where bytes.count == 1: buffer.append(bytes[0] != 0)
        case .bytea: buffer.append(blob: bytes)
        case .float8 where bytes.count == 8:
            buffer.append(Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))))
        case .float4 where bytes.count == 4:
            buffer.append(Double(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))))
        case .numeric:
            guard let value = Self.numeric(bytes) else { return false }
            buffer.append(value)
        case .void: buffer.appendNull()
        case .int8, .int4, .int2, .boolean, .float8, .float4: return false
        }
        return true
    }

    /// Reads a `numeric`, the type of a sum of integers: as an integer if it has no decimal places and fits, otherwise
    /// as a real.
    static func numeric(_ bytes: UnsafeRawBufferPointer) -> Value? {
        guard bytes.count >= 8 else { return nil }
        func short(_ index: Int) -> Int {
            Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
        }
        let (count, weight, sign, scale) = (short(0), short(1), short(2) & 0xffff, short(3))
        guard sign == 0 || sign == 0x4000, count >= 0, bytes.count == 8 + count * 2 else { return nil }
        if scale == 0 {
            // Groups of four decimal digits; the first has the weight 10000^weight, and trailing zeros are left out.
            // The sum is built from negative numbers, whose range is larger by one.
            guard weight < 5 else { return nil }
            var sum: Int64 = 0
            for place in stride(from: 0, through: max(weight, -1), by: 1) {
                let (shifted, high) = sum.multipliedReportingOverflow(by: 10_000)
                let (next, low) = shifted.subtractingReportingOverflow(place < count ? Int64(short(4 + place)) : 0)
                guard !high, !low else { return nil }
                sum = next
            }
            if sign == 0x4000 { return .integer(sum) }
            let (positive, overflow) = Int64(0).subtractingReportingOverflow(sum)
            return overflow ? nil : .integer(positive)
        }
        var digits = sign == 0x4000 ? "-0." : "0."
        for place in 0..<count {
            let group = String(short(4 + place))
            digits += String(repeating: "0", count: 4 - group.count) + group
        }
        return Double("\(digits)e\((weight + 1) * 4)").map(Value.real)
    }
}

extension Value.Kind {
    /// The type of a parameter of this kind; 0 lets the server decide.
    var oid: Oid {
        switch self {
        case .unknown: 0
        case .integer: 20
        case .real: 701
        case .text: 25
        case .blob: 17
        }
    }
}

/// The values of one statement in libpq's form.
struct PostgreSQLParameters {
    let types: [Oid]
    /// The start of a value in `bytes`; -1 for null.
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    /// Never empty, because a null pointer would mean a null value.
    private var bytes: [UInt8] = []

    init(_ sql: SQL, text: String) throws(DatabaseError) {
        types = sql.kinds.map(\.oid)
        for value in sql.values {
            let start = bytes.count
            switch value {
            case .null:
                offsets.append(-1)
                lengths.append(0)
                continue
            case .integer(let number): append(UInt64(bitPattern: number))
            case .real(let number): append(number.bitPattern)
            case .text(let string):
                bytes.append(contentsOf: string.utf8)
                if bytes[start...].contains(0) { throw .statement(sql: text, why: DatabaseError.nulInText) }
            case .blob(let blob): bytes.append(contentsOf: blob)
            }
            offsets.append(start)
            lengths.append(Int32(bytes.count - start))
        }
        bytes.append(0)
    }

    private mutating func append(_ word: UInt64) {
        withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Calls a closure with libpq's arrays: the number of values, their addresses, their lengths, and the mark that
    /// all are binary.
    func withPointers<Result>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>, UnsafePointer<Int32>) -> Result
    ) -> Result {
        let formats = [Int32](repeating: 1, count: offsets.count)
        return bytes.withUnsafeBytes { bytes in
            let pointers = offsets.map { offset -> UnsafePointer<CChar>? in
                offset < 0 ? nil : bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
            }
            return body(Int32(offsets.count), pointers, lengths, formats)
        }
    }
}
