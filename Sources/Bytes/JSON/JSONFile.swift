import Glibc

/// JSON texts in files.
package enum JSONFile {
    /// Calls `body` to read the JSON text in a file; any text after it is an error. `JSONError.source` reports a file that
    /// cannot be opened.
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
