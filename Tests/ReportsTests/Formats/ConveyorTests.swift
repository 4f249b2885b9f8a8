import Testing

@testable import Reports

/// Passing elements from one thread to another.
struct ConveyorTests {
    private struct Broken: Error, Equatable { let place: Int }

    @Test(arguments: [0, 1, 63, 64, 65, 1000, 10_000]) func allComeInTheirOrder(_ count: Int) throws {
        var received: [Int] = []
        try Conveyor<Int>.run { hand in
            for number in 0..<count { try hand(number) }
        } consume: {
            received.append($0)
        }
        #expect(received == Array(0..<count))
    }

    @Test func whatWasMadeBeforeAFailureIsUsed() {
        var received = 0
        #expect(throws: Broken(place: 1000)) {
            try Conveyor<Int>.run { hand in
                for number in 0..<1000 { try hand(number) }
                throw Broken(place: 1000)
            } consume: { _ in
                received += 1
            }
        }
        // The last batch was incomplete.
        #expect(received == 960)
    }

    @Test(arguments: [0, 1, 100, 5000]) func aFailureStopsWhoMakesThem(_ place: Int) {
        var made = 0
        #expect(throws: Broken(place: place)) {
            try Conveyor<Int>.run { hand in
                while true {
                    try hand(made)
                    made += 1
                }
            } consume: {
                if $0 == place { throw Broken(place: place) }
            }
        }
        // A bounded number of elements is made ahead, and none after the end.
        #expect(made >= place && made < place + 64 * 6)
    }
}
