package import Bytes

/// Takes the parts of a document in the order in which a reader meets them; the document itself comes last.
///
///     struct Names: BOMReceiver {
///         var names: [String] = []
///         mutating func component(_ component: Component) { names.append(component.name) }
///         …  // the other parts likewise
///     }
///     var names = Names()
///     let graph = try BOMReader.read(file: path, into: &names)
///
/// All calls come on the thread of the reader, before it returns. Times are milliseconds since 1970. References are
/// unique within the document when a receiver gets them. An error of the receiver ends the reading, and the reader
/// throws it. When reading fails, the parts passed on before are invalid, and `document` is not called. A receiver may
/// read other documents.
package protocol BOMReceiver {
    mutating func component(_ component: Component) throws(BOMError)
    mutating func file(_ file: SourceFile) throws(BOMError)
    mutating func dependency(_ dependency: Dependency) throws(BOMError)
    mutating func vulnerability(_ vulnerability: VulnerabilityClaim) throws(BOMError)
    /// Something unusual that was skipped or repaired; the import reports it to the user.
    mutating func warning(_ text: String)
    /// Called once, after everything else.
    mutating func document(_ document: BOMDocument) throws(BOMError)
}

/// The reason why a whole document was refused. Parts that were passed on before do not count.
package enum BOMError: Error, Equatable, CustomStringConvertible {
    /// None of the formats that Waybill reads; `why` names the format that was found.
    case unrecognized(why: String)
    /// A VEX document: statements about vulnerabilities of products, without components.
    case statementsOnly(dialect: String)
    /// The bytes break the rules of the syntax that their beginning indicates.
    case malformed(what: String, offset: Int)
    /// The document is readable, but breaks a rule in a way that cannot be repaired.
    case invalid(what: String)
    /// The document exceeds a limit that protects the server.
    case tooLarge(what: String, limit: Int)
    /// The receiver or the file system failed; with the missing resource, if known.
    case failed(what: String, Outage? = nil)

    package var description: String {
        switch self {
        case .unrecognized(let why): "this is no SBOM that Waybill reads: \(why)"
        case .statementsOnly(let dialect):
            "this is a VEX document (\(dialect)): it says which vulnerabilities affect a product and lists no components, "
                + "so it is no inventory; `waybill import vex` and PUT /api/v1/vex take it"
        case .malformed(let what, let offset): "\(what) at byte \(offset)"
        case .invalid(let what): what
        case .tooLarge(let what, let limit): "\(what); the limit is \(limit)"
        case .failed(let what, _): what
        }
    }
}

extension BOMError: Blaming {
    package var blame: Blame {
        switch self {
        case .unrecognized, .statementsOnly, .malformed, .invalid, .tooLarge: .request
        case .failed(_, let outage): outage.map(Blame.environment) ?? .unknown
        }
    }
}
