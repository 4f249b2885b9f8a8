/// Keys for a service with AWS Signature Version 4. The description contains none of them.
package struct AWSCredentials: Sendable, CustomStringConvertible {
    package let accessKey: String
    package let secretKey: String
    /// The session token of temporary credentials.
    package let sessionToken: String?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }

    package var description: String { "credentials" }

    /// The text without any part of the credentials that a server may have included.
    package func removed(from text: String) -> String {
        var text = text
        for secret in [secretKey, sessionToken ?? "", accessKey] where !secret.isEmpty {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "…")
        }
        return text
    }
}
