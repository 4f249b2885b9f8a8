import Bytes
import Database
import Glibc
import OpenID
import Service

extension Flag {
    /// The file that lists the issuers.
    static let signIn = Flag(
        "sign-in", "FILE", "issuers that people may sign in with, JSON; docs/sign-in.md has its members (none)")
}

extension Configuration {
    /// The longest file, in bytes.
    private static let signInLimit = 1 << 20

    /// The issuers that people may sign in with; nil if no file is configured.
    func signIn() throws(UsageError) -> SignInSettings? {
        guard let path = self["sign-in"] else { return nil }
        let settings: SignInSettings
        do throws(SignInSettings.Fault) {
            settings = try SignInSettings(try Self.bytes(of: path)) { path throws(SignInSettings.Fault) in
                do throws(UsageError) {
                    return try Self.firstLine(of: path, holding: "secret")
                } catch {
                    throw SignInSettings.Fault(description: error.description)
                }
            }
        } catch {
            throw UsageError(description: "--sign-in is \(path): \(error)")
        }
        for issuer in settings.issuers {
            for rule in issuer.rules ?? [] where Role(rawValue: rule.role) == nil {
                let words = Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError(
                    description: "--sign-in is \(path): a role of \(issuer.id) is \(rule.role); accepted: \(words)")
            }
            if let trusted = issuer.trusted, access(trusted, R_OK) != 0 {
                throw UsageError(description: "--sign-in is \(path): cannot read \(trusted): \(systemMessage(errno))")
            }
        }
        return settings
    }

    private static func bytes(of path: String) throws(SignInSettings.Fault) -> [UInt8] {
        guard let file = fopen(path, "re") else {
            throw SignInSettings.Fault(description: "it cannot be read: \(systemMessage(errno))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: signInLimit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0, count <= signInLimit else {
            throw SignInSettings.Fault(description: "it cannot be read, or is longer than \(signInLimit) bytes")
        }
        return Array(bytes[..<count])
    }
}
