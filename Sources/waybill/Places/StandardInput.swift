import Bytes
import Glibc
import Service

/// Standard input as a document.
enum StandardInput {
    /// The most bytes of standard input.
    private static let limit: Int64 = 4 << 30

    /// Copies all of it into a file. Throws when it is empty.
    static func copy(to file: DurableFile) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(0, buffer.baseAddress, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure("cannot read standard input: \(systemMessage(errno))")
            }
            guard file.size + Int64(count) <= limit else {
                throw Failure("standard input brings more than \(limit >> 30) GiB")
            }
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard file.size > 0 else { throw Failure("standard input is empty") }
    }
}
