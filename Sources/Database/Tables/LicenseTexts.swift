/// Texts of licences of the SPDX list, the same for all organizations.
package enum LicenseTexts {
    /// Puts a text in the place of the one there was.
    package static func put(_ spdx: String, text: String, on connection: any Connection) throws {
        try connection.run("DELETE FROM license_text WHERE spdx = \(spdx)")
        try connection.run("INSERT INTO license_text (spdx, body) VALUES (\(spdx), \(text))")
    }

    /// How many there are.
    package static func count(on connection: any Connection) throws -> Int {
        Int(try connection.integer("SELECT count(*) FROM license_text") ?? 0)
    }
}
