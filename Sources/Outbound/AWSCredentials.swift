/// Keys of a service that speaks AWS Signature Version 4. The description shows none of them.
package struct AWSCredentials: Sendable, CustomStringConvertible {
    package let accessKey: String
    package let secretKey: String
    /// Of temporary credentials.
    package let sessionToken: String?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }

    package var description: String { "credentials" }

    /// The text without any part of the credentials that a server might have put into it.
    package func removed(from text: String) -> String {
        var text = text
        for secret in [secretKey, sessionToken ?? "", accessKey] where !secret.isEmpty {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "…")
        }
        return text
    }
}
