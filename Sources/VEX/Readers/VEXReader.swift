package import BOM
import Bytes

// DESIGN. A document is read as often as its dialect needs: for its own facts and its products, which may follow the references
// to them; for contradictions, which are known only at the end; and for its statements. So memory holds the products and a few
// bytes for each statement, not the statements. A contradiction invalidates only its statements, not the document.

/// Reads the statements of a document of any dialect, recognized by its content.
///
///     var summary = Summary()  // a `StatementReceiver`
///     do throws(BOMError) {
///         try VEXReader.read(file: path, into: &summary)
///     } catch {
///         print("no statement counts: \(error)")
///     }
///
/// The caller's thread reads, and calls the receiver before `read` returns. Several files may be read at a time, also
/// by a receiver. Times in statements are milliseconds since 1970. Memory holds the products, not the statements.
package enum VEXReader {
    /// The most products in the statements of one document, counted for each statement.
    package static let targetLimit = 1_000_000

    /// Reads a file and passes its statements to the receiver, in order. After an error, the statements passed on before
    /// do not count.
    package static func read(file path: String, into receiver: inout some StatementReceiver) throws(BOMError) {
        switch try BOMReader.recognize(file: path) {
        case .bom(.spdx):
            throw .unrecognized(why: "it is SPDX, which has no statements (VEX); CycloneDX, OpenVEX and CSAF have them")
        case .bom(.cycloneDX): try read(CycloneDXStatements(file: path), into: &receiver)
        case .statements(let document):
            switch document.dialect {
            case .openVEX: try read(OpenVEXReader(document), into: &receiver)
            case .csaf: try read(CSAFReader(document), into: &receiver)
            }
        }
    }

    private static func read<Receiver: StatementReceiver>(
        _ dialect: some DialectReader, into receiver: inout Receiver
    ) throws(BOMError) {
        var contradictions = Contradictions()
        try dialect.read(into: &contradictions)
        try receiver.begin(dialect.head)
        var outlet = Outlet(receiver: receiver, contradictions: contradictions)
        defer { receiver = outlet.receiver }
        try dialect.read(into: &outlet)
    }
}

/// Reads a document of one dialect. The metadata of the document have been read.
protocol DialectReader {
    var head: StatementHead { get }

    /// Passes on each statement, but no head. Repeated calls pass on the same statements.
    func read(into receiver: inout some StatementReceiver) throws(BOMError)
}

/// Passes on statements, except those that contradict others.
private struct Outlet<Receiver: StatementReceiver>: StatementReceiver {
    var receiver: Receiver
    let contradictions: Contradictions

    mutating func begin(_: StatementHead) throws(BOMError) {}
    mutating func statement(_ statement: Statement) throws(BOMError) {
        for part in contradictions.split(statement) { try receiver.statement(part) }
    }
    mutating func warning(_ text: String) { receiver.warning(text) }
}

/// Calls `body` and turns its errors into errors of the document.
func reading<Result>(_ body: () throws -> Result) throws(BOMError) -> Result {
    do {
        return try body()
    } catch let error as BOMError {
        throw error
    } catch let error as JSONError {
        throw BOMError(error)
    } catch {
        throw .failed(what: "\(error)")
    }
}

/// Finds statements of one document that contradict each other: equal vulnerability, product and time, but another status. A
/// later statement replaces an earlier one (OpenVEX, "Updating Statements with Inherited Data").
private struct Contradictions: StatementReceiver {
    private struct Said {
        let status: Statement.Status
        let time: Int64
        var isContradicted = false
    }

    private var said: [Int: Said] = [:]
    private var targets = 0
    private let seed = Hasher()

    private func key(_ statement: Statement, _ target: Statement.Target) -> Int {
        var hasher = seed
        hasher.combine(statement.vulnerability.id)
        hasher.combine(target.product.text)
        hasher.combine(target.product.ranges)
        hasher.combine(target.product.version)
        hasher.combine(target.part?.text)
        hasher.combine(target.part?.version)
        return hasher.finalize()
    }

    private func time(_ statement: Statement) -> Int64 { statement.lastUpdated ?? statement.firstIssued ?? 0 }

    mutating func begin(_: StatementHead) throws(BOMError) {}
    mutating func warning(_: String) {}

    mutating func statement(_ statement: Statement) throws(BOMError) {
        targets += max(1, statement.targets.count)
        guard targets <= VEXReader.targetLimit else {
            throw .tooLarge(what: "the statements name too many products", limit: VEXReader.targetLimit)
        }
        if statement.fault != nil { return }
        let mine = Said(status: statement.state.status, time: time(statement))
        for target in statement.targets {
            let key = key(statement, target)
            guard let other = said[key], other.time >= mine.time else {
                said[key] = mine
                continue
            }
            if other.time == mine.time, other.status != mine.status { said[key]?.isContradicted = true }
        }
    }

    /// The statement without its contradicted products, and a second statement about these, with the reason.
    func split(_ statement: Statement) -> [Statement] {
        guard statement.fault == nil else { return [statement] }
        func isContradicted(_ target: Statement.Target) -> Bool {
            guard let said = said[key(statement, target)] else { return false }
            return said.isContradicted && said.time == time(statement)
        }
        var (rest, faulty) = (statement, statement)
        faulty.targets = statement.targets.filter(isContradicted)
        guard !faulty.targets.isEmpty else { return [statement] }
        faulty.fault = "the document contradicts itself: it gives this product another status, too"
        rest.targets = statement.targets.filter { !isContradicted($0) }
        return rest.targets.isEmpty ? [faulty] : [rest, faulty]
    }
}
