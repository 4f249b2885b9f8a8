import CCrypto

/// Authenticated encryption: AES-256 in Galois/Counter Mode (NIST SP 800-38D), by OpenSSL's libcrypto.
///
///     let sealed = Sealing.seal(text, key: key, nonce: nonce, about: place)
///     let text = Sealing.open(sealed, key: key, nonce: nonce, about: place)
///
/// Each text of a key needs a new nonce of random bytes. `about` is bound to the text, but not stored with it.
package enum Sealing {
    /// Bytes of a key.
    package static let keySize = 32
    /// The size of a nonce in bytes, for which GCM needs no further derivation.
    package static let nonceSize = 12
    /// Bytes of the tag behind the text.
    private static let tagSize: Int32 = 16

    /// The encrypted text followed by its tag; nil when key or nonce have another size, or libcrypto fails.
    package static func seal(_ text: [UInt8], key: [UInt8], nonce: [UInt8], about: [UInt8]) -> [UInt8]? {
        guard key.count == keySize, nonce.count == nonceSize, let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        var (sealed, count) = ([UInt8](repeating: 0, count: text.count + Int(tagSize)), Int32(0))
        guard let length = Int32(exactly: text.count), let around = Int32(exactly: about.count),
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_EncryptUpdate(context, nil, &count, about, around) == 1,
            EVP_EncryptUpdate(context, &sealed, &count, text, length) == 1, count == length
        else { return nil }
        // GCM has no padding, so only the tag is left for the end.
        var rest = [UInt8](repeating: 0, count: 16)
        guard EVP_EncryptFinal_ex(context, &rest, &count) == 1, count == 0,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tagSize, &rest) == 1
        else { return nil }
        sealed.replaceSubrange(text.count..., with: rest)
        return sealed
    }

    /// The decrypted text; nil when key, nonce or `about` differ from those of the encryption, or the text was
    /// changed.
    package static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], about: [UInt8]) -> [UInt8]? {
        guard key.count == keySize, nonce.count == nonceSize, sealed.count >= Int(tagSize),
            let context = EVP_CIPHER_CTX_new()
        else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        let encrypted = Array(sealed.dropLast(Int(tagSize)))
        var tag = Array(sealed.suffix(Int(tagSize)))
        // One byte more than needed, because an empty array has no address.
        var (text, count) = ([UInt8](repeating: 0, count: encrypted.count + 1), Int32(0))
        guard let length = Int32(exactly: encrypted.count), let around = Int32(exactly: about.count),
            EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_DecryptUpdate(context, nil, &count, about, around) == 1,
            EVP_DecryptUpdate(context, &text, &count, encrypted, length) == 1, count == length,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tagSize, &tag) == 1
        else { return nil }
        var rest = [UInt8](repeating: 0, count: 16)
        guard EVP_DecryptFinal_ex(context, &rest, &count) == 1 else { return nil }
        return Array(text.prefix(encrypted.count))
    }
}
