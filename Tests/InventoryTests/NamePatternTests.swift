import Foundation
import Synchronization
import Testing

@testable import Inventory

/// Patterns for names of libraries: their syntax, their matches, and their cost.
struct NamePatternTests {
    @Test(arguments: [
        ("", NamePatternError.empty), (String(repeating: "x", count: 501), .tooLong(limit: 500)),
        ("/(/", .notUnderstood(why: "missing ): (")),
        (#"/(a)\1/"#, .notUnderstood(why: #"invalid escape sequence: \1"#)),
        ("/(?=a)b/", .notUnderstood(why: "invalid perl operator: (?=")),
        ("/(?<!a)b/", .notUnderstood(why: "invalid perl operator: (?<")),
        ("/a{1001}/", .notUnderstood(why: "invalid repetition size: {1001}")),
        (#"/((\pL{9}){9}){9}/"#, .notUnderstood(why: "pattern too large - compile failed")),
    ])
    func whatIsNoPattern(text: String, error: NamePatternError) {
        #expect(throws: error) { try NamePattern(text) }
        #expect(NamePattern(stored: text).fault == error)
    }

    /// RE2 matches UTF-8, and names may be any UTF-8.
    @Test(arguments: [
        ("/größe-.*/", "GRÖSSE-1", false), ("/größe-.*/", "GRÖßE-1", true), ("/gr.ße/", "größe", true),
        (#"/\p{Han}+/"#, "图书馆", true), ("/日本?/", "日", true), ("/a.c/", "a\u{1F600}c", true), ("/a.c/", "a\nc", false),
        ("/(?s)a.c/", "a\nc", true), ("/a\u{FFFD}/", "a\u{FFFD}", true), ("/.*/", "", true), ("/a/", "a\0", false),
        ("größe*", "GRÖßE-1", true),
    ])
    func charactersOfAllScripts(pattern: String, name: String, isFitting: Bool) throws {
        #expect(try NamePattern(pattern).matcher().fits(name) == isFitting)
    }

    @Test func aNameBeyondTheLimitFitsNothing() throws {
        for pattern in ["a*", "/a*/"] {
            let matcher = try NamePattern(pattern).matcher()
            #expect(matcher.fits(String(repeating: "a", count: NamePattern.nameLimit)))
            #expect(!matcher.fits(String(repeating: "a", count: NamePattern.nameLimit + 1)))
        }
    }

    /// Backtracking would take longer than the age of the universe.
    @Test(arguments: [
        "/(a+)+b/", "/(a|aa)+b/", "/(a*)*b/", "/(.*a){25}b/", #"/([a-z0-9]+-?)+\.internal/"#, "/.*a.{200}b/",
        String(repeating: "a*", count: 200) + "b",
    ])
    func noPatternTakesLong(pattern: String) throws {
        let matcher = try NamePattern(pattern).matcher()
        for unit in ["a", "ab-", "a!"] {
            let name = String(repeating: unit, count: NamePattern.nameLimit / unit.utf8.count - 1) + "!"
            #expect(!matcher.fits(name))
        }
    }

    /// A matcher that grows with each use, such as a closure that is read from a dictionary and written back, needs more
    /// stack for each call than for the one before.
    @Test func aMatcherNeedsNoMoreStackForTheLastLibraryThanForTheFirst() throws {
        let count = 20_000
        let rules = [try NamePattern("x*"), try NamePattern("/x.*/")].map(PolicyRule.name)
        let fitting = Mutex(0)
        let thread = Thread {
            let matcher = PolicyMatcher(rules, at: 0)
            for number in 0..<count {
                var library = PolicySubject()
                library.artifact = number % 2 == 0 ? "x\(number)" : "y\(number)"
                for place in rules.indices where matcher.verdict(place, on: library) == .fits {
                    fitting.withLock { $0 += 1 }
                }
            }
        }
        thread.stackSize = 512 << 10
        thread.start()
        while !thread.isFinished { usleep(1000) }
        #expect(fitting.withLock { $0 } == count)
    }
}
