// DESIGN. The cells of a table are objects that differ from their neighbours in a few digits. So objects of one kind have their
// own object stream, and blanks in their numbers make all as long as the first. PNG's filter Up (ISO 32000-1, 7.4.4.4) then
// leaves only the differing digits, and a cell takes two bytes of the file instead of twelve. Their numbers come from separate
// blocks, so these are neighbours, too.

/// Collects small objects of one kind for an object stream.
struct PDFObjectLane: ~Copyable {
    private static let block = 1024

    /// Objects are padded to a multiple of this length; 0 for mixed kinds, which are not padded.
    private let least: Int
    /// Whether a row has exactly this length, although objects have many lengths.
    private let isExact: Bool
    private var next = 0
    private var end = 0
    private var length = 0
    private var index = ByteSink()
    private var bodies = ByteSink()
    private var count = 0
    private var runs: [Int] = []

    init(least: Int = 0, isExact: Bool = false) {
        self.least = least
        self.isExact = isExact
    }

    var size: Int { bodies.held }

    /// Returns the next number, from the document's `numbers`.
    mutating func reserve(_ numbers: inout Int) -> Int {
        if next == end {
            next = numbers
            numbers += least == 0 ? 1 : Self.block
            end = numbers
        }
        defer { next += 1 }
        return next
    }

    /// Adds an object whose body `write` appends.
    @inline(__always)
    mutating func pack(_ number: Int, _ places: inout [PDFObjects.Run], _ write: (inout ByteSink) -> Void) {
        let start = bodies.held
        write(&bodies)
        bodies.append(UInt8(ascii: "\n"))
        if least > 0 {
            if length == 0 { length = isExact ? least : Self.rounded(max(least, bodies.held - start), least) }
            bodies.fill(to: start + Self.rounded(bodies.held - start, length))
            index.aligned(number, 10)
            index.aligned(start, 11)
            index.fill(to: (count + 1) * Self.rounded(22, length))
        } else {
            index.decimal(number)
            index.append(UInt8(ascii: " "))
            index.decimal(start)
            index.append(UInt8(ascii: " "))
        }
        if let run = runs.last, places[run].first + places[run].count == number {
            places[run].count += 1
        } else {
            runs.append(places.count)
            // The number of the stream is inserted once it is known.
            places.append(PDFObjects.Run(first: number, count: 1, container: -1, place: count))
        }
        count += 1
    }

    private static func rounded(_ count: Int, _ length: Int) -> Int { (count + length - 1) / length * length }

    /// Removes and returns the object stream `number`: its content, and the entries of its dictionary.
    mutating func unload(_ number: Int, _ places: inout [PDFObjects.Run], to content: inout ByteSink) -> String {
        for run in runs { places[run].container = number }
        var entries = "/Type /ObjStm /N \(count) /First \(index.held)"
        content.removeAll()
        index.append(bodies.heldBytes)
        if length > 0 {
            entries += " /DecodeParms << /Predictor 12 /Columns \(length) >>"
            Self.filter(index.heldBytes, length, to: &content)
        } else {
            content.append(index.heldBytes)
        }
        index.removeAll()
        bodies.removeAll()
        runs.removeAll(keepingCapacity: true)
        (count, length) = (0, 0)
        return entries
    }

    /// Appends each row as its difference from the row above.
    private static func filter(_ rows: UnsafeRawBufferPointer, _ length: Int, to content: inout ByteSink) {
        for row in stride(from: 0, to: rows.count, by: length) {
            content.reserve(length + 1)
            content.append(2)
            let above = row == 0 ? nil : UnsafeRawBufferPointer(rebasing: rows[row - length..<row])
            let bytes = UnsafeRawBufferPointer(rebasing: rows[row..<row + length])
            let end = content.end
            guard let above else {
                content.append(bytes)
                continue
            }
            for place in 0..<length {
                end.storeBytes(of: bytes[place] &- above[place], toByteOffset: place, as: UInt8.self)
            }
            content.advance(to: end + length)
        }
    }
}
