/// The digests of CycloneDX 1.6 (`hash-alg`) and SPDX 2.3 (§7.10), each under one name.
enum HashAlgorithm {
    /// The name in the spelling of CycloneDX, and the number of hexadecimal digits (0 for any).
    private static let known: [String: (name: String, digits: Int)] = {
        let list: [(String, Int)] = [
            ("MD2", 32), ("MD4", 32), ("MD5", 32), ("MD6", 0), ("ADLER32", 8),
            ("SHA-1", 40), ("SHA-224", 56), ("SHA-256", 64), ("SHA-384", 96), ("SHA-512", 128),
            ("SHA3-256", 64), ("SHA3-384", 96), ("SHA3-512", 128),
            ("BLAKE2b-256", 64), ("BLAKE2b-384", 96), ("BLAKE2b-512", 128), ("BLAKE3", 0),
            ("Streebog-256", 64), ("Streebog-512", 128),
        ]
        return Dictionary(uniqueKeysWithValues: list.map { (key($0.0), ($0.0, $0.1)) })
    }()

    /// In upper case without signs, so that SHA1, sha-1 and SHA_1 are equal.
    private static func key(_ name: String) -> String { name.uppercased().filter { $0 != "-" && $0 != "_" } }

    /// The digest under its one name, in lower-case hexadecimal; nil when the name is unknown or the value is invalid.
    static func hash(_ name: String, _ value: String) -> Hash? {
        // The usual names, found without a search.
        let (spelled, digits): (String, Int)
        switch name {
        case "SHA-1", "SHA1": (spelled, digits) = ("SHA-1", 40)
        case "SHA-256", "SHA256": (spelled, digits) = ("SHA-256", 64)
        case "SHA-512", "SHA512": (spelled, digits) = ("SHA-512", 128)
        case "MD5": (spelled, digits) = ("MD5", 32)
        default:
            guard let found = known[key(name)] else { return nil }
            (spelled, digits) = found
        }
        guard !value.isEmpty, digits == 0 || value.utf8.count == digits else { return nil }
        var isLower = true
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): break
            case UInt8(ascii: "A")...UInt8(ascii: "F"): isLower = false
            default: return nil
            }
        }
        return Hash(algorithm: spelled, value: isLower ? value : value.lowercased())
    }
}
