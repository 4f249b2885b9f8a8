extension CVSS4.MacroVector {
    /// Marks levels that exclude each other.
    static let absent: UInt8 = 255

    /// The scores of the MacroVectors in tenths, as FIRST publishes them (CVSS v4.0, `cvss_lookup`), by the levels of the
    /// groups 1 to 6, the last changing fastest.
    static let scores: [UInt8] = [
        100, 99, 98, 95, 95, 92, 100, 96, 93, 87, 91, 81, 93, 90, 89, 80, 81, 68,
        98, 95, 95, 92, 90, 84, 93, 92, 89, 81, 81, 65, 88, 80, 78, 70, 69, 48,
        absent, 92, absent, 82, absent, 72, absent, 79, absent, 69, absent, 50, absent, 69, absent, 55, absent, 27,
        99, 97, 95, 92, 92, 85, 95, 91, 90, 83, 84, 71, 92, 81, 82, 71, 72, 53,
        95, 93, 92, 85, 85, 73, 92, 82, 80, 72, 70, 59, 84, 70, 71, 52, 50, 30,
        absent, 86, absent, 75, absent, 52, absent, 71, absent, 52, absent, 29, absent, 63, absent, 29, absent, 17,
        98, 95, 94, 87, 91, 81, 94, 89, 86, 74, 77, 64, 87, 75, 74, 63, 63, 49,
        94, 89, 88, 77, 76, 67, 86, 76, 74, 58, 59, 50, 72, 57, 57, 52, 52, 25,
        absent, 83, absent, 70, absent, 54, absent, 65, absent, 58, absent, 26, absent, 53, absent, 21, absent, 13,
        95, 90, 88, 76, 76, 70, 90, 77, 75, 62, 61, 53, 77, 66, 68, 59, 52, 30,
        89, 78, 76, 67, 62, 58, 74, 59, 57, 57, 47, 23, 61, 52, 57, 29, 24, 16,
        absent, 71, absent, 59, absent, 30, absent, 58, absent, 26, absent, 15, absent, 23, absent, 13, absent, 6,
        93, 87, 86, 72, 75, 58, 86, 74, 74, 61, 56, 34, 70, 54, 52, 40, 40, 22,
        85, 75, 74, 55, 62, 51, 72, 57, 55, 41, 46, 19, 53, 36, 34, 19, 19, 8,
        absent, 64, absent, 51, absent, 20, absent, 47, absent, 21, absent, 11, absent, 24, absent, 9, absent, 4,
        88, 75, 73, 53, 60, 50, 73, 55, 59, 40, 41, 20, 54, 43, 45, 22, 20, 11,
        75, 55, 58, 45, 40, 21, 61, 51, 48, 18, 20, 9, 46, 18, 17, 7, 8, 2,
        absent, 53, absent, 24, absent, 14, absent, 24, absent, 12, absent, 5, absent, 10, absent, 3, absent, 1,
    ]
}
