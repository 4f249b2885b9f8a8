// DESIGN. A download is a response that may shrink because of the request: to 304 without a body when the client has
// this very file (RFC 9110 §13.1.2), to 206 with one part (§14.2), or to 416. A list of ranges gets the whole file,
// which §14.2 allows, because no client of such files asks for `multipart/byteranges`. The tests come in the order of
// §13.2.2.

extension HTTPResponse {
    /// A whole file, or the part that the request selects by `Range`, `If-Range` and `If-None-Match`.
    ///
    /// `type` is the media type to send; `name` is the name under which a browser saves the file. `etag` is the value of
    /// a strong entity tag without its quotes (a digest), which must change with the content. Nil for no tag; then no
    /// `If-Range` matches.
    package static func download(
        _ file: OpenFile, type: String, name: String? = nil, etag: String? = nil, for request: HTTPRequest
    ) -> HTTPResponse {
        let tag = etag.map { "\"\($0)\"" }
        var response = HTTPResponse(
            headers: ["Content-Type": type, "Accept-Ranges": "bytes"],
            body: .file(file, offset: 0, count: file.size))
        if let tag { response.headers["ETag"] = tag }
        if let name { response.attach(as: name) }

        if let tag, let known = request.headers["If-None-Match"], ["GET", "HEAD"].contains(request.method),
            known == "*" || known.split(separator: ",").map(trimmed).contains(where: { $0 == tag || $0 == "W/\(tag)" })
        {
            response.status = 304
            response.headers["Content-Type"] = nil
            response.headers["Content-Disposition"] = nil
            response.body = .bytes([])
            return response
        }
        // A range is only defined for GET (§14.2). A date in If-Range never matches, because no Last-Modified is
        // sent.
        guard request.method == "GET", let range = request.headers["Range"],
            request.headers["If-Range"].map({ $0 == tag }) ?? true
        else { return response }
        switch ByteRange(range, size: file.size) {
        case .whole: break
        case .part(let offset, let count):
            response.status = 206
            response.headers["Content-Range"] = "bytes \(offset)-\(offset + count - 1)/\(file.size)"
            response.body = .file(file, offset: offset, count: count)
        case .unsatisfiable:
            response = .text(416, "The file has \(file.size) bytes; the range '\(range)' has none of them.")
            response.headers["Content-Range"] = "bytes */\(file.size)"
        }
        return response
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

/// A `Range` field applied to a representation (RFC 9110 §14.1.2). A range that cannot be read is ignored, as the RFC
/// requires.
enum ByteRange: Equatable {
    case whole
    case part(offset: Int, count: Int)
    case unsatisfiable

    init(_ field: String, size: Int) {
        let parts = field.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bytes", !parts[1].contains(","),
            let dash = parts[1].firstIndex(of: "-")
        else {
            self = .whole
            return
        }
        let spec = parts[1]
        let (first, last) = (spec[..<dash], spec[spec.index(after: dash)...])
        switch (Self.number(first), Self.number(last)) {
        case (let start?, let end?) where start <= end:
            self = start < size ? .part(offset: start, count: min(end, size - 1) - start + 1) : .unsatisfiable
        case (let start?, nil) where last.isEmpty:
            self = start < size ? .part(offset: start, count: size - start) : .unsatisfiable
        case (nil, let suffix?) where first.isEmpty:
            self =
                suffix > 0 && size > 0 ? .part(offset: max(0, size - suffix), count: min(suffix, size)) : .unsatisfiable
        default: self = .whole
        }
    }

    /// Accepts only digits: no sign, no space. A number beyond `Int` counts as the greatest.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(text) ?? Int.max
    }
}
