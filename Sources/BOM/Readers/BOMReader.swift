import Bytes
import Glibc

// DESIGN. The format is told from the content. Its name may come last in a JSON object, so the file is looked through
// first, up to the key that decides (in practice the first kilobyte), and then read from its beginning. A further syntax
// is a case of `Form`, its signs in `recognize`, and a source of the JSON form of the standard: see `Transcript`.

/// Reads a bill of materials of any known standard and syntax.
package enum BOMReader {
    /// Reads a file and hands its parts to the receiver, the document last; returns who needs whom.
    ///
    /// Memory does not grow with the file, but for its references and edges. On an error what was handed out before does
    /// not count.
    @discardableResult
    package static func read(
        file path: String, into receiver: inout some BOMReceiver
    ) throws(BOMError) -> DependencyGraph {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .failed(what: "opening \(path): \(systemMessage(errno))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .failed(what: "opening \(path): \(systemMessage(errno))") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .failed(what: "reading \(path): it is no regular file") }
        return try read(into: &receiver) {
            var position = 0
            return { (buffer) throws(JSONError) in
                let count = pread(file, buffer.baseAddress, buffer.count, position)
                if count < 0 { throw .source("reading \(path): \(systemMessage(errno))") }
                position += count
                return count
            }
        }
    }

    /// Reads bytes in memory, as `read(file:into:)` reads a file.
    @discardableResult
    package static func read(
        bytes: [UInt8], into receiver: inout some BOMReceiver
    ) throws(BOMError) -> DependencyGraph {
        try read(into: &receiver) {
            var position = 0
            return { (buffer) throws(JSONError) in
                let count = min(buffer.count, bytes.count - position)
                buffer.copyBytes(from: bytes[position..<(position + count)])
                position += count
                return count
            }
        }
    }

    /// Reads what sources give that each begin at the beginning.
    private static func read<Receiver: BOMReceiver>(
        into receiver: inout Receiver, from source: () -> JSONReader.Source
    ) throws(BOMError) -> DependencyGraph {
        let syntax = try recognize(source)
        var result: Result<DependencyGraph, BOMError> = .failure(.failed(what: "nothing was read"))
        withUnsafeMutablePointer(to: &receiver) { receiver in
            // The closures, and with them the pointer, are gone when this returns: the readers are local values.
            let outlet = BOMOutlet(
                component: { (part) throws(BOMError) in try receiver.pointee.component(part) },
                file: { (part) throws(BOMError) in try receiver.pointee.file(part) },
                dependency: { (part) throws(BOMError) in try receiver.pointee.dependency(part) },
                vulnerability: { (part) throws(BOMError) in try receiver.pointee.vulnerability(part) },
                warning: { receiver.pointee.warning($0) },
                document: { (part) throws(BOMError) in try receiver.pointee.document(part) })
            do throws(BOMError) {
                result = .success(try read(syntax, from: source(), to: outlet))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    private static func read(
        _ syntax: Syntax, from source: @escaping JSONReader.Source, to outlet: BOMOutlet
    ) throws(BOMError) -> DependencyGraph {
        do {
            var json = JSONReader(window: window, source: syntax.form.json(of: source, warn: outlet.warning))
            switch syntax.standard {
            case .cycloneDX:
                var reader = CycloneDXJSONReader(outlet: outlet, form: syntax.form)
                return try reader.read(&json)
            case .spdx:
                var reader = SPDXJSONReader(outlet: outlet, form: syntax.form)
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

    /// Bytes of a file that are in memory at once.
    static let window = 1 << 18
    /// The most bytes of text that one component (without those in it), file, vulnerability or other part may have.
    static let partLimit = 32 << 20
}

extension BOMError {
    /// What a fault of the JSON text means for the document.
    init(_ error: JSONError) {
        switch error {
        case .source(let why): self = .failed(what: why)
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
