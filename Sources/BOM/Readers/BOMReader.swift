package import Bytes

// DESIGN. The format is recognized by the content. In a JSON object the deciding key may come last. So the file is first
// searched up to this key (in practice within the first kilobyte), and then read from its beginning. A further syntax
// needs a case of `Form`, its signs in `recognize`, and a source of the JSON form of its standard: see `Transcript`. A
// packed document is unpacked first: see `Packing`.

/// Reads a bill of materials of any known standard and syntax.
///
///     var names = Names()  // a `BOMReceiver`
///     do throws(BOMError) {
///         let graph = try BOMReader.read(file: path, into: &names)
///     } catch {
///         print("no part counts: \(error)")
///     }
///
/// The caller's thread reads, and calls the receiver before `read` returns. Several documents may be read at a time,
/// also by a receiver. Times in parts are milliseconds since 1970, offsets in errors are bytes.
package enum BOMReader {
    /// Reads a file and passes its parts to the receiver, the document last; returns the graph of dependencies.
    ///
    /// Memory grows only with the references and edges of the file. After an error the parts passed on before are
    /// invalid.
    @discardableResult
    package static func read(
        file path: String, into receiver: inout some BOMReceiver
    ) throws(BOMError) -> DependencyGraph {
        try read(DocumentFile(path: path), into: &receiver)
    }

    /// Reads bytes in memory, like `read(file:into:)` for a file.
    @discardableResult
    package static func read(
        bytes: [UInt8], into receiver: inout some BOMReceiver
    ) throws(BOMError) -> DependencyGraph {
        try read(DocumentFile(bytes: bytes), into: &receiver)
    }

    private static func read<Receiver: BOMReceiver>(
        _ file: DocumentFile, into receiver: inout Receiver
    ) throws(BOMError) -> DependencyGraph {
        let (document, syntax) = try Packing.unpack(file) { (syntax) throws(BOMError) in
            if case .statements(let dialect) = syntax.content { throw .statementsOnly(dialect: dialect.rawValue) }
        }
        var result: Result<DependencyGraph, BOMError> = .failure(.failed(what: "nothing was read"))
        withUnsafeMutablePointer(to: &receiver) { receiver in
            // The closures, and with them the pointer, do not outlive this call, because the readers are local
            // values.
            let outlet = BOMOutlet(
                component: { (part) throws(BOMError) in try receiver.pointee.component(part) },
                file: { (part) throws(BOMError) in try receiver.pointee.file(part) },
                dependency: { (part) throws(BOMError) in try receiver.pointee.dependency(part) },
                vulnerability: { (part) throws(BOMError) in try receiver.pointee.vulnerability(part) },
                warning: { receiver.pointee.warning($0) },
                document: { (part) throws(BOMError) in try receiver.pointee.document(part) })
            do throws(BOMError) {
                result = .success(try read(syntax, from: document, to: outlet))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    private static func read(
        _ syntax: Syntax, from document: Document, to outlet: BOMOutlet
    ) throws(BOMError) -> DependencyGraph {
        /// The source of the document, from its beginning.
        func beginning(warn: @escaping (String) -> Void) throws -> JSONReader {
            JSONReader(window: window, source: syntax.form.json(of: try document.source(), warn: warn))
        }
        do {
            var json = try beginning(warn: outlet.warning)
            switch syntax.content {
            case .statements(let dialect): throw BOMError.statementsOnly(dialect: dialect.rawValue)
            case .bom(.cycloneDX):
                var reader = CycloneDXJSONReader(outlet: outlet, form: syntax.form)
                return try reader.read(&json)
            case .bom(.spdx):
                var reader = SPDXJSONReader(outlet: outlet, form: syntax.form) {
                    try beginning(warn: { _ in })
                }
                return try reader.read(&json)
            }
        } catch let error as BOMError {
            throw error
        } catch let error as JSONError {
            throw BOMError(error)
        } catch {
            throw .failed(what: "\(error)")
        }
    }

    /// The bytes of a file that are in memory at once.
    static let window = 1 << 18
    /// The most bytes of text in one part: a component (without inner components), a file, a vulnerability, or
    /// another part.
    package static let partLimit = 32 << 20
}

extension BOMError {
    /// The document's error for a fault of the JSON text.
    package init(_ error: JSONError) {
        switch error {
        case .source(let why, let outage): self = .failed(what: why, outage)
        case .transcript(let why): self = .invalid(what: why)
        case .tooDeep(let limit, let offset):
            self = .tooLarge(what: "values are nested too deep at byte \(offset)", limit: limit)
        case .tooLong(let limit, let offset):
            self = .tooLarge(what: "a single value is too long at byte \(offset)", limit: limit)
        case .pastCeiling(let offset):
            self = .tooLarge(
                what: "a component or other part is too large at byte \(offset)", limit: BOMReader.partLimit)
        case .unexpected, .truncated, .invalidUTF8, .invalidEscape, .controlCharacter, .invalidNumber, .duplicateKey:
            self = .malformed(what: error.what, offset: error.offset ?? 0)
        }
    }
}
