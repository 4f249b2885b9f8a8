// DESIGN. Cells of a table are objects that differ from their neighbours in a few digits. So objects of one kind have an object
// stream of their own, each as long as the first one, with numbers that are filled up with blanks; then PNG's filter Up (ISO
// 32000-1, 7.4.4.4) leaves but those digits, and a cell takes two bytes of the file in place of twelve. Their numbers
// come from blocks of their own, and so are neighbours too.

/// Small objects of one kind on their way into an object stream.
struct PDFObjectLane: ~Copyable {
    private static let block = 1024

    /// Objects are filled up to a multiple of this; 0 for objects of all kinds, which are left as they are.
    private let least: Int
    /// Whether that is the length of a row, though objects have many.
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

    /// Gives out the next number; `numbers` are those of the document.
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
            // The stream's number is put in when it is known.
            places.append(PDFObjects.Run(first: number, count: 1, container: -1, place: count))
        }
        count += 1
    }

    private static func rounded(_ count: Int, _ length: Int) -> Int { (count + length - 1) / length * length }

    /// Takes the object stream `number` out: its content, and the entries of its dictionary.
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
