import BOM
import Testing

@testable import Intake

struct LibraryClaimsTests {
    @Test func `A document claims so many pairs of a vulnerability and a component`() throws {
        var claims = LibraryClaims()
        var references: [String: Int] = [:]
        func add(_ count: Int, at place: Int) throws -> Bool {
            var claim = VulnerabilityClaim(id: "CVE-2026-\(place)")
            claim.affects = (0..<count).map { VulnerabilityClaim.Affected(ref: "\($0)") }
            return try claims.add(claim, at: place) { reference in
                if let known = references[reference] { return known }
                let number = references.count
                references[reference] = number
                return number
            }
        }
        // Two hundred vulnerabilities, each of which affects a hundred components.
        for place in 0..<200 { #expect(try add(100, at: place)) }
        #expect(try !add(1, at: 200))
        #expect(claims.references.count == 100)
    }
}
