import Database
import Inventory

// DESIGN. Tenants write names and patterns, and a large project with many patterns keeps a processor busy for long. So they are
// matched before the transaction that decides alerts, because SQLite has only one writer for all tenants. In the transaction, a
// verdict is a bit to look up. Rows of libraries never change, so verdicts stay valid. A policy or library that was added later
// has no verdict. The policy then keeps its earlier decisions, and the project is evaluated again.

/// The libraries of a scan that match the name patterns of policies.
struct NameVerdicts: Sendable {
    /// The libraries that are read at once.
    private static let page = 500

    /// The verdicts about one pattern.
    enum Column: Sendable {
        /// A bit for each position of the scan, up to `end`.
        case looked([UInt64], end: Int64)
        /// The pattern cannot be used.
        case unusable
        case missing

        /// The pattern's verdict about the library at a position; nil without one.
        func verdict(at position: Int64) -> PolicyMatcher.Verdict? {
            switch self {
            case .looked(let bits, let end):
                guard position >= 0, position <= end else { return nil }
                let place = Int(position)
                return bits[place >> 6] & (1 << UInt64(place & 63)) == 0 ? .differs : .fits
            case .unusable: return .unknown
            case .missing: return nil
            }
        }
    }

    private let scan: Int64
    private var columns: [String: Column] = [:]

    /// Matches the patterns of policies with all libraries of a scan. The calling thread blocks; nil when `shouldStop`
    /// ended the work.
    init?(
        _ policies: [Policy], scan: Int64, in database: any Database, shouldStop: () -> Bool
    ) throws {
        self.scan = scan
        var matchers: [(text: String, matcher: NameMatcher, bits: [UInt64])] = []
        for case .name(let pattern) in policies.map(\.rule) where columns[pattern.text] == nil {
            do throws(NamePatternError) {
                matchers.append((pattern.text, try pattern.matcher(), []))
                columns[pattern.text] = .missing
            } catch {
                columns[pattern.text] = .unusable
            }
        }
        guard !matchers.isEmpty else { return }
        var end: Int64 = -1
        while true {
            let after = end
            let libraries = try database.read { connection in
                try ProjectView.names(inScan: scan, after: after, limit: Self.page, on: connection)
            }
            guard let last = libraries.last else { break }
            end = last.position
            for index in matchers.indices {
                let missing = Int(end) / 64 + 1 - matchers[index].bits.count
                matchers[index].bits.append(contentsOf: repeatElement(0, count: missing))
                for library in libraries where library.names.contains(where: { matchers[index].matcher.fits($0) }) {
                    let place = Int(library.position)
                    matchers[index].bits[place >> 6] |= 1 << UInt64(place & 63)
                }
                if shouldStop() { return nil }
            }
        }
        for (text, _, bits) in matchers { columns[text] = .looked(bits, end: end) }
    }

    /// The verdicts of a pattern about the libraries of the scan.
    func column(_ pattern: NamePattern, inScan scan: Int64) -> Column {
        scan == self.scan ? columns[pattern.text] ?? .missing : .missing
    }
}
