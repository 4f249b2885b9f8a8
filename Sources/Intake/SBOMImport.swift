import BOM
import Bytes
import Glibc
package import Jobs

extension Intake {
    /// Imports a bill of materials of any syntax that Waybill reads, as one project.
    ///
    /// An unusual file is imported with warnings; an unreadable one is refused as a whole: `IntakeError.refused`.
    @discardableResult
    package func importSBOM(file path: String, into destination: Destination, lease: Lease) throws -> Result {
        let digest = try digest(ofFile: path)
        do {
            return try run(lease, into: destination, referenceType: "SBOM", digest: digest) { staging in
                let graph = try BOMReader.read(file: path, into: &staging)
                return try staging.complete(graph)
            }
        } catch let found as StatementsAlone {
            return try StatementImport(intake: self).run(file: path, into: destination, lease: lease, about: found)
        }
    }

    /// The SHA-256 of a file.
    func digest(ofFile path: String) throws -> [UInt8] {
        let file = openFile(path)
        guard file >= 0 else { throw IntakeError.unreadable(path, errno) }
        defer { close(file) }
        var digest = Digest(.sha256)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(file, buffer.baseAddress, buffer.count)
            if count == 0 { return digest.finish() }
            if count > 0 {
                digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else if errno != EINTR {
                throw IntakeError.unreadable(path, errno)
            }
        }
    }
}
