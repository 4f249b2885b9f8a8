import Glibc

/// Copies of files, whole or in parts.
package enum FileParts {
    /// Appends the current content of a file to another file.
    package static func copy(_ path: String, to file: DurableFile) throws(SinkError) {
        let source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard source >= 0 else { throw .system(doing: "cannot open", path: path, errno: errno) }
        defer { close(source) }
        let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { window.deallocate() }
        while true {
            let count = read(source, window.baseAddress, window.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(doing: "cannot read", path: path, errno: errno) }
            if count == 0 { return }
            try file.write(UnsafeRawBufferPointer(rebasing: window[..<count]))
        }
    }

    /// Appends parts of a file to another file, as elements of a JSON array.
    package static func write(
        _ parts: [Range<Int>], ofFile path: String, asArrayTo file: DurableFile
    ) throws(SinkError) {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw .system(doing: "cannot open the upload", path: path, errno: errno) }
        defer { close(source) }
        let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { window.deallocate() }
        if parts.isEmpty { try put("[", file) }
        for (number, part) in parts.enumerated() {
            try put(number == 0 ? "[" : ",", file)
            var position = part.lowerBound
            while position < part.upperBound {
                let count = pread(source, window.baseAddress, min(window.count, part.upperBound - position), position)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    throw .system(doing: "cannot read", path: path, errno: count < 0 ? errno : EIO)
                }
                try file.write(UnsafeRawBufferPointer(rebasing: window[..<count]))
                position += count
            }
        }
        try put("]", file)
    }

    private static func put(_ text: StaticString, _ file: DurableFile) throws(SinkError) {
        try file.write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
