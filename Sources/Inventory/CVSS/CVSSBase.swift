import Glibc

/// CVSS version 2: base score in tenths (A Complete Guide to CVSS 2.0, §3.2.1).
enum CVSS2 {
    static func score(_ metrics: [String: String]) -> Int {
        func value(_ metric: String, _ table: [String: Double]) -> Double { metrics[metric].flatMap { table[$0] } ?? 0 }
        let harm = ["N": 0, "P": 0.275, "C": 0.660]
        let impact = 10.41 * (1 - (1 - value("C", harm)) * (1 - value("I", harm)) * (1 - value("A", harm)))
        let exploitability =
            20 * value("AV", ["L": 0.395, "A": 0.646, "N": 1]) * value("AC", ["H": 0.35, "M": 0.61, "L": 0.71])
            * value("Au", ["M": 0.45, "S": 0.56, "N": 0.704])
        let base = (0.6 * impact + 0.4 * exploitability - 1.5) * (impact == 0 ? 0 : 1.176)
        return max(0, Int((base * 10).rounded()))
    }
}

/// CVSS version 3: base score in tenths (specification §7.1). The two minor versions differ in how they round up.
enum CVSS3 {
    static func score(_ metrics: [String: String], version: CVSS.Version) -> Int {
        func value(_ metric: String, _ table: [String: Double]) -> Double { metrics[metric].flatMap { table[$0] } ?? 0 }
        let isChanged = metrics["S"] == "C"
        let harm = ["N": 0, "L": 0.22, "H": 0.56]
        let base = 1 - (1 - value("C", harm)) * (1 - value("I", harm)) * (1 - value("A", harm))
        let impact = isChanged ? 7.52 * (base - 0.029) - 3.25 * pow(base - 0.02, 15) : 6.42 * base
        if impact <= 0 { return 0 }
        let exploitability =
            8.22 * value("AV", ["N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2]) * value("AC", ["L": 0.77, "H": 0.44])
            * value("PR", isChanged ? ["N": 0.85, "L": 0.68, "H": 0.5] : ["N": 0.85, "L": 0.62, "H": 0.27])
            * value("UI", ["N": 0.85, "R": 0.62])
        let sum = min(isChanged ? 1.08 * (impact + exploitability) : impact + exploitability, 10)
        if version == .v30 { return Int((sum * 10).rounded(.up)) }
        // Appendix A of 3.1: integers, so that the noise of binary fractions does not lift a score.
        let integer = Int((sum * 100_000).rounded())
        return integer % 10_000 == 0 ? integer / 10_000 : integer / 10_000 + 1
    }
}
