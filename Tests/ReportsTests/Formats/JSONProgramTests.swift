import Bytes
import Database
import Foundation
import Testing

@testable import Reports

/// Commas and braces around members that may be left out.
@Suite struct JSONProgramTests {
    /// A cell at each position, left out when null if the pattern has a one there.
    private static func nodes(_ pattern: Int, count: Int, from first: Int = 0) -> [NestedLayout.Node] {
        (0..<count).map { index in
            .cell(key: "k\(first + index)", cell: first + index, kind: .text, omitsNull: pattern >> index & 1 == 1)
        }
    }

    private static func written(_ nodes: [NestedLayout.Node], _ rows: borrowing RowBuffer) -> String {
        var sink = ByteSink()
        JSONProgram([nodes]).write(rows, at: 0, of: 0, to: &sink)
        return sink.text
    }

    @Test(arguments: 0..<8, 0..<8) func membersLeftOutLeaveNoComma(pattern: Int, nulls: Int) throws {
        var row = RowBuffer()
        row.beginRow()
        for cell in 0..<3 {
            if nulls >> cell & 1 == 1 { row.appendNull() } else { row.append("v\"\(cell)") }
        }
        let expected = (0..<3).filter { (pattern & nulls) >> $0 & 1 == 0 }.map { cell in
            "\"k\(cell)\":\"\(nulls >> cell & 1 == 1 ? "" : "v\\\"\(cell)")\""
        }
        #expect(Self.written(Self.nodes(pattern, count: 3), row) == "{\(expected.joined(separator: ","))}")

        // The same inside an object that itself follows and precedes members that may be missing.
        for (isNull, staysAlways) in [(true, true), (true, false), (false, true), (false, false)] {
            let inside = Self.nodes(pattern, count: 3)
            let nested: [NestedLayout.Node] = [
                .cell(key: "a", cell: 3, kind: .integer, omitsNull: true),
                .object(key: "o", members: inside, omittedBy: staysAlways ? nil : inside[0].cellThatOmits),
                .cell(key: "z", cell: 3, kind: .integer, omitsNull: true),
            ]
            var wide = RowBuffer()
            wide.beginRow()
            wide.append(cellsOf: row, from: 0, count: 3)
            if isNull { wide.appendNull() } else { wide.append(7) }
            // An object disappears with its first member, or stays.
            let isThere = staysAlways || pattern & nulls & 1 == 0
            let inner = isThere ? ["\"o\":{\(expected.joined(separator: ","))}"] : []
            let members = isNull ? inner : ["\"a\":7"] + inner + ["\"z\":7"]
            #expect(Self.written(nested, wide) == "{\(members.joined(separator: ","))}")
        }
    }

    @Test func listsAndNamesKeepTheirPlaces() {
        var row = RowBuffer()
        row.beginRow()
        row.append("A\nB")
        let place = row.appendList()
        row.setList(at: place, first: row.nextCell, count: 2)
        row.append(1)
        row.append(2)
        let nodes: [NestedLayout.Node] = [
            .cell(key: "n", cell: 0, kind: .names(item: "i", key: "name", rest: "\"r\":[]"), omitsNull: false),
            .list(
                key: "l", item: "i", cell: 1, width: 1,
                members: [.cell(key: "x", cell: 0, kind: .integer, omitsNull: false)]),
        ]
        #expect(
            Self.written(nodes, row)
                == "{\"n\":[{\"name\":\"A\",\"r\":[]},{\"name\":\"B\",\"r\":[]}],\"l\":[{\"x\":1},{\"x\":2}]}")
    }
}
