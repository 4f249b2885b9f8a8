package import Bytes
package import Database
import Inventory

extension Basis {
    /// The most gaps that the text names; further gaps count with the unmatched components.
    private static let gapLimit = 20

    /// The basis in the form of outputs under the key `basis`.
    package var json: String { JSONWriter.object { write(to: &$0) } }

    /// Writes the members of the object.
    package func write(to json: inout JSONWriter) {
        json.number("components", libraries)
        json.number("matchable", matchable)
        json.object("unmatched") { json in
            for kind in MatchingObstacle.Kind.allCases {
                if let count = unmatched[kind] { json.number(named: kind.rawValue, Int64(count)) }
            }
        }
        if !gaps.isEmpty {
            json.objects("gaps", gaps.prefix(Self.gapLimit)) { json, gap in
                json.text("ecosystem", gap.name)
                json.number("components", gap.libraries)
            }
        }
        json.objects("ecosystems", ecosystems) { json, ecosystem in
            json.text("ecosystem", ecosystem.name)
            json.number("components", ecosystem.libraries)
            json.number("records", ecosystem.records)
            json.text("newest", TimeText.rfc3339(ecosystem.newest))
            if ecosystem.read > 0 { json.text("read", TimeText.rfc3339(ecosystem.read)) }
        }
    }
}
