import Foundation
import Testing

@testable import Service

struct OwnerTests {
    @Test func whoseProcessIsGoneIsDead() throws {
        let owner = Owner()
        #expect(!owner.knowsDead(owner.name))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        let parts = owner.name.split(separator: ".")
        #expect(parts.count == 4)
        #expect(owner.knowsDead("\(parts[0]).\(parts[1]).\(process.processIdentifier).1"))
        // Another process got the same number.
        #expect(owner.knowsDead("\(parts[0]).\(parts[1]).\(parts[2]).1"))
    }

    @Test(arguments: ["", "a", "a.b.1.1", "a.b.c.d.e"]) func ofOtherMachinesNothingIsKnown(name: String) {
        #expect(!Owner().knowsDead(name))
    }
}
