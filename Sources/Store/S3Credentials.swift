import Bytes
import Glibc
package import Outbound

extension AWSCredentials {
    /// Credentials from the variables `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; if the first
    /// two are not set, from a file.
    ///
    /// - Parameters:
    ///   - file: in the format of the AWS tools: sections `[profile]` with lines `aws_access_key_id = …`.
    ///   - profile: the section.
    ///   - variable: returns a variable of the environment.
    package static func find(
        file: String, profile: String, variable: (String) -> String?
    ) throws(StoreError) -> AWSCredentials {
        if let key = variable("AWS_ACCESS_KEY_ID"), let secret = variable("AWS_SECRET_ACCESS_KEY"), !key.isEmpty {
            return AWSCredentials(accessKey: key, secretKey: secret, sessionToken: variable("AWS_SESSION_TOKEN"))
        }
        let doing = "reading the credentials of the artifact store from \(file)"
        let fields = try section(profile, of: file, doing: doing)
        guard let key = fields["aws_access_key_id"], let secret = fields["aws_secret_access_key"] else {
            throw .failed(
                doing: doing,
                why: "aws_access_key_id and aws_secret_access_key are not both in its section [\(profile)]")
        }
        return AWSCredentials(accessKey: key, secretKey: secret, sessionToken: fields["aws_session_token"])
    }

    /// The fields of a section; empty for a missing section.
    private static func section(
        _ name: String, of path: String, doing: String
    ) throws(StoreError) -> [String: String] {
        guard let file = fopen(path, "re") else {
            throw .failed(
                doing: doing,
                why: "\(systemMessage(errno)); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name another file")
        }
        defer { fclose(file) }
        var fields: [String: String] = [:]
        var isHere = false
        var line = [CChar](repeating: 0, count: 8192)
        // A file with more lines is not a file of credentials.
        for _ in 0..<10_000 where fgets(&line, Int32(line.count), file) != nil {
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let text = String(decoding: bytes, as: UTF8.self).trimmingBlanks()
            if text.hasPrefix("[") {
                isHere = text.dropFirst().prefix { $0 != "]" }.trimmingBlanks() == name
            } else if isHere, !text.hasPrefix("#"), let mark = text.firstIndex(of: "=") {
                fields[text[..<mark].trimmingBlanks().lowercased()] = text[text.index(after: mark)...].trimmingBlanks()
            }
        }
        return fields
    }
}
