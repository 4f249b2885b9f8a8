// DESIGN. One order of urgency applies to all lists (docs/priorities.md): a vulnerability `v` has one whole number, and greater
// numbers come first. The number is only compared, and never shown.

/// SQL for the order of urgency.
package enum PrioritySQL {
    /// The weight of a `vulnerability v`: a thousand million if it is exploited, plus EPSS in millionths times the score
    /// in tenths.
    ///
    /// Without an EPSS score, malware counts with a probability of one, anything else with a tenth. Without a vector, the score is the
    /// middle of the range of its severity word (CVSS 3.1 §5), or of medium.
    package static let weight: StaticSQL = """
        (CASE WHEN EXISTS (SELECT 1 FROM exploited wx WHERE wx.name = v.name) THEN 1000000000 ELSE 0 END
        + coalesce((SELECT h.score FROM likelihood h WHERE \(Likelihoods.ofVulnerability)),
            CASE v.type WHEN 'MAL' THEN 1000000 ELSE 100000 END)
        * coalesce(v.score, CASE v.severity WHEN 'critical' THEN 95 WHEN 'high' THEN 80 WHEN 'medium' THEN 55
            WHEN 'low' THEN 20 WHEN 'none' THEN 0 ELSE 55 END))
        """
}
