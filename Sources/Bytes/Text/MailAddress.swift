/// Mail addresses, as far as Waybill uses them.
package enum MailAddress {
    /// Whether a text can be a mail address: printable ASCII with one `@`, without characters that have a meaning for mail
    /// servers or in the head of a message (RFC 5321 §4.1.2 without quoted names; lengths: §4.5.3.1).
    package static func isOne(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && text.utf8.count <= 254 && parts[0].utf8.count <= 64
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"<>()[],;:\\\"".utf8.contains($0) }
            }
    }
}
