/// What documents say of the vulnerabilities of their libraries (`library_claim`).
package enum LibraryClaim {
    /// The occurrence number of claims about all of what a document describes.
    package static let product: Int64 = 0

    /// Joins to an occurrence `o` and a vulnerability `v` the claim `x` that counts, of all that name the vulnerability by
    /// any of its names: what was analysed before what is only listed, what is said of the library before what is said
    /// of the whole product, then by the bytes of the name (`CVE-` before `GHSA-`). All columns of `x` are null without one.
    package static let joined: StaticString = """
        LEFT JOIN library_claim x ON x.scan = o.scan AND (x.occurrence, x.vulnerability) = (
            SELECT c.occurrence, c.vulnerability FROM library_claim c
            WHERE c.scan = o.scan AND c.occurrence IN (o.position, 0) AND c.vulnerability IN (
                SELECT n.name FROM vulnerability_advisory a JOIN advisory_name n ON n.advisory = a.advisory
                WHERE a.vulnerability = v.id)
            ORDER BY CASE c.state WHEN '' THEN 1 ELSE 0 END, CASE c.occurrence WHEN 0 THEN 1 ELSE 0 END, c.vulnerability LIMIT 1)
        """
}
