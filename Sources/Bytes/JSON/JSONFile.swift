import Glibc

/// JSON texts in files.
package enum JSONFile {
    /// Has `body` read the JSON text in a file, and nothing behind it. A file that cannot be opened is `JSONError.source`.
    package static func read<Result>(
        _ path: String, _ body: (inout JSONReader) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .source(systemMessage(errno), Outage(errno: errno)) }
        defer { close(file) }
        var json = JSONReader(fileDescriptor: file)
        let result = try body(&json)
        try json.finish()
        return result
    }
}
