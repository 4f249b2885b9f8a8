import Glibc

/// The reason why a file of lines could not be read.
package enum LinesError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, why: String, Outage? = nil)
    case packed(path: String, InflaterError)
    case tooLong(path: String, line: Int, limit: Int)

    package var description: String {
        switch self {
        case .unreadable(let path, let why, _): "reading \(path): \(why)"
        case .packed(let path, let error): "\(path): \(error)"
        case .tooLong(let path, let line, let limit): "\(path):\(line): the line is longer than \(limit) bytes"
        }
    }
}

/// Reads files line by line; memory holds one line.
package enum Lines {
    /// Calls `body` with each non-empty line, without its end (LF or CR LF), and with its number, counted from 1. A file
    /// that begins like gzip is inflated during reading. Throws `LinesError` and the errors of `body`.
    ///
    /// - Parameters:
    ///   - length: the longest accepted line.
    ///   - limit: the most bytes that the file may have after inflating.
    package static func each(
        of path: String, length: Int = 1 << 16, limit: Int = 1 << 32,
        _ body: (UnsafeRawBufferPointer, Int) throws -> Void
    ) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw LinesError.unreadable(path: path, why: systemMessage(errno), Outage(errno: errno))
        }
        defer { close(file) }
        var splitter = Splitter(path: path, length: length)
        var inflater: Inflater?
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var isFirst = true
        do {
            while true {
                let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else {
                    throw LinesError.unreadable(path: path, why: systemMessage(errno), Outage(errno: errno))
                }
                if count == 0 { break }
                if isFirst, buffer[0] == 0x1F { inflater = try Inflater(limit: limit) }
                isFirst = false
                try buffer.withUnsafeBytes { bytes in
                    let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                    if let inflater {
                        try inflater.inflate(piece) { try splitter.take($0, body) }
                    } else {
                        try splitter.take(piece, body)
                    }
                }
            }
            try inflater?.finish()
        } catch let error as InflaterError {
            throw LinesError.packed(path: path, error)
        }
        try splitter.end(body)
    }

    private struct Splitter {
        let path: String
        let length: Int
        var rest: [UInt8] = []
        var number = 0

        mutating func take(
            _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) throws -> Void
        ) throws {
            var piece = bytes[...]
            while let newline = piece.firstIndex(of: 10) {
                let line = UnsafeRawBufferPointer(rebasing: piece[..<newline])
                piece = piece[(newline + 1)...]
                number += 1
                if rest.isEmpty {
                    try give(line, body)
                } else {
                    rest += line
                    try flush(body)
                }
            }
            rest += piece
            guard rest.count <= length else { throw LinesError.tooLong(path: path, line: number + 1, limit: length) }
        }

        mutating func end(_ body: (UnsafeRawBufferPointer, Int) throws -> Void) throws {
            number += 1
            try flush(body)
        }

        private mutating func flush(_ body: (UnsafeRawBufferPointer, Int) throws -> Void) throws {
            try rest.withUnsafeBytes { try give($0, body) }
            rest.removeAll(keepingCapacity: true)
        }

        private func give(_ line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) throws -> Void) throws {
            guard line.count <= length else { throw LinesError.tooLong(path: path, line: number, limit: length) }
            let text = line.last == 13 ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
            if !text.isEmpty { try body(text, number) }
        }
    }
}
