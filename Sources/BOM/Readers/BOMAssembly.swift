// DESIGN. All standards and syntaxes share this code. It makes references unique, keeps edges until all references are
// known, and counts warnings so that a bad document cannot fill a log. The reader of a syntax builds the parts and calls
// this type.

/// The receiver without its type, so that the readers are compiled only once.
struct BOMOutlet {
    let component: (Component) throws(BOMError) -> Void
    let file: (SourceFile) throws(BOMError) -> Void
    let dependency: (Dependency) throws(BOMError) -> Void
    let vulnerability: (VulnerabilityClaim) throws(BOMError) -> Void
    let warning: (String) -> Void
    let document: (BOMDocument) throws(BOMError) -> Void

    /// Ignores all parts; for a reader that looks ahead.
    static var none: BOMOutlet {
        BOMOutlet(
            component: { (_) throws(BOMError) in }, file: { (_) throws(BOMError) in },
            dependency: { (_) throws(BOMError) in }, vulnerability: { (_) throws(BOMError) in }, warning: { _ in },
            document: { (_) throws(BOMError) in })
    }
}

/// Assembles the parts of one document for the receiver.
struct BOMAssembly {
    /// The warnings of a reader. Each kind is described in full a few times, and then only counted.
    enum Oddity: String, CaseIterable {
        case duplicateReference = "references that stand for two things"
        case danglingReference = "references to nothing in this document"
        case outsideReference = "references into other documents"
        case nameless = "components without a name"
        case purl = "package URLs that do not begin with pkg: or name nothing"
        case kind = "unknown component types"
        case hash = "hashes that cannot be right"
        case license = "licences that are stated wrongly"
        case scope = "unknown scopes"
        case relationship = "unknown relationships"
        case score = "scores that are no numbers"
        case extra = "fields that are too large to be kept"
        case snippet = "snippets"
        case affected = "affected components without a reference"
    }

    /// The meaning of a reference.
    private enum Referent { case unknown, part, unkept }

    /// How many warnings of one kind are written in full.
    static let warningsOfAKind = 10

    private let outlet: BOMOutlet
    private(set) var graph = DependencyGraph()
    private var referents: [Referent] = []
    /// The last number given to a further bearer of a reference.
    private var copies: [Int32: Int] = [:]
    /// The described components, in the order of the document.
    private var described: [Int32] = []
    private var isDescribed = Set<Int32>()
    /// The components that the document itself depends on.
    private var needed: [Int32] = []
    private var oddities: [Oddity: Int] = [:]
    private(set) var componentCount = 0
    private(set) var namelessCount = 0

    init(outlet: BOMOutlet) { self.outlet = outlet }

    // MARK: - References

    /// The number of a reference that something mentions.
    mutating func mention(_ text: UnsafeRawBufferPointer) throws(BOMError) -> Int32 {
        try known(graph.references.number(for: text))
    }

    /// The number of a mentioned reference.
    mutating func mention(_ text: String) throws(BOMError) -> Int32 {
        try known(graph.references.number(for: text))
    }

    private mutating func known(_ number: Int32?) throws(BOMError) -> Int32 {
        guard let number else {
            throw .tooLarge(what: "the document has too many references", limit: ReferenceTable.limit)
        }
        while referents.count <= Int(number) { referents.append(.unknown) }
        return number
    }

    /// Reserves a reference for a part that will be passed on. When the reference is taken, another one is derived
    /// from it and returned.
    mutating func declare(_ wanted: String, isGiven: Bool = true) throws(BOMError) -> String {
        let number = try mention(wanted)
        if referents[Int(number)] == .unknown {
            referents[Int(number)] = .part
            return wanted
        }
        while true {
            let copy = (copies[number] ?? 1) + 1
            copies[number] = copy
            let made = "\(wanted)#\(copy)"
            let other = try mention(made)
            guard referents[Int(other)] == .unknown else { continue }
            referents[Int(other)] = .part
            if isGiven {
                warn(
                    .duplicateReference,
                    "\"\(wanted.prefix(200))\" stands for two things; the second one became \"\(made.prefix(220))\"")
            }
            return made
        }
    }

    /// Marks a reference that Waybill does not keep: edges to the reference are dropped silently.
    mutating func declareUnkept(_ reference: String) throws(BOMError) {
        let number = try mention(reference)
        if referents[Int(number)] == .unknown { referents[Int(number)] = .unkept }
    }

    // MARK: - Parts

    /// Passes on a component whose reference is declared or still empty. Repairs what can be repaired; returns the
    /// reference, or nil when the component was skipped.
    @discardableResult
    mutating func add(_ component: Component, isDeclared: Bool) throws(BOMError) -> String? {
        var component = component
        if !component.purl.isEmpty {
            if !component.purl.hasPrefix("pkg:") {
                warn(
                    .purl,
                    "component \"\(component.name.prefix(200))\": \"\(component.purl.prefix(200))\" is no package URL")
            } else if !Self.namesSomething(component.purl) {
                warn(
                    .purl,
                    "component \"\(component.name.prefix(200))\": the package URL "
                        + "\"\(component.purl.prefix(200))\" has no name and identifies nothing")
            }
        }
        if component.name.isEmpty {
            component.name = Self.name(inPURL: component.purl)
            if component.name.isEmpty, isDeclared { component.name = component.ref }
            guard !component.name.isEmpty else {
                namelessCount += 1
                warn(.nameless, "a component without a name was skipped (reference \"\(component.ref.prefix(200))\")")
                return nil
            }
            warn(
                .nameless, "a component without a name is called \"\(component.name.prefix(200))\" after its reference")
        }
        if !isDeclared { component.ref = try declareReference(of: component) }
        componentCount += 1
        try outlet.component(component)
        return component.ref
    }

    /// Declares the reference of a component: its own, its package URL, or one derived from its name.
    mutating func declareReference(of component: Component) throws(BOMError) -> String {
        if !component.ref.isEmpty { return try declare(component.ref) }
        if !component.purl.isEmpty { return try declare(component.purl, isGiven: false) }
        let group = component.group.isEmpty ? "" : component.group + "/"
        return try declare("\(component.kind.rawValue):\(group)\(component.name)@\(component.version)", isGiven: false)
    }

    /// Whether a package URL has a name: a segment after the type that is more than a version.
    private static func namesSomething(_ purl: String) -> Bool {
        var text = purl
        return text.withUTF8 { bytes in
            let type = 4
            var start = type
            var index = start
            scan: while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "?"), UInt8(ascii: "#"): break scan
                // An `@` begins the version unless it is the first character of a segment.
                case UInt8(ascii: "@") where index > start && start > type: return bytes[start] != UInt8(ascii: "@")
                case UInt8(ascii: "/") where index + 1 < bytes.count: start = index + 1
                default: break
                }
                index += 1
            }
            return start > type && index > start && bytes[start] != UInt8(ascii: "@")
        }
    }

    /// The last segment of a package URL's path, before version, qualifiers and subpath.
    private static func name(inPURL purl: String) -> String {
        guard purl.hasPrefix("pkg:") else { return "" }
        let path = purl.prefix { $0 != "?" && $0 != "#" }
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[path.index(after: slash)...].prefix { $0 != "@" })
    }

    mutating func add(_ file: SourceFile) throws(BOMError) {
        var file = file
        file.ref = try declare(file.ref.isEmpty ? "file:" + file.path : file.ref, isGiven: !file.ref.isEmpty)
        try outlet.file(file)
    }

    mutating func add(_ vulnerability: VulnerabilityClaim) throws(BOMError) {
        try outlet.vulnerability(vulnerability)
    }

    mutating func connect(_ from: Int32, _ to: Int32, _ kind: Dependency.Kind, label: String = "") throws(BOMError) {
        try graph.add(from: from, to: to, kind: kind, label: label)
    }

    mutating func connect(_ from: String, _ to: String, _ kind: Dependency.Kind) throws(BOMError) {
        try graph.add(from: mention(from), to: mention(to), kind: kind)
    }

    /// The document describes the component with this reference.
    mutating func describe(_ reference: String) throws(BOMError) {
        let number = try mention(reference)
        if isDescribed.insert(number).inserted { described.append(number) }
    }

    /// The document itself depends on the component with this reference.
    mutating func need(_ reference: String) throws(BOMError) { needed.append(try mention(reference)) }

    // MARK: - The end

    /// Passes on the edges with two existing ends, then the document.
    mutating func finish(_ document: BOMDocument) throws(BOMError) -> DependencyGraph {
        var document = document
        for number in referents.indices where referents[number] == .unknown {
            let text = graph.references[Int32(number)]
            if text.hasPrefix("urn:cdx:") || text.hasPrefix("DocumentRef-") {
                warn(.outsideReference, "\"\(text.prefix(200))\" lies in another document; edges to it were dropped")
            } else {
                warn(
                    .danglingReference, "\"\(text.prefix(200))\" is nothing in this document; edges to it were dropped")
            }
        }
        graph.neededByDocument = needed.filter { referents[Int($0)] == .part }
        graph.roots = described.filter { referents[Int($0)] == .part }
        document.describes = graph.roots.map { graph.references[$0] }
        graph.seal { [referents] in referents[Int($0)] == .part ? $0 : nil }
        for edge in graph.edges {
            try outlet.dependency(
                Dependency(
                    from: graph.references[edge.from], to: graph.references[edge.to], kind: edge.kind,
                    label: graph.labels[Int(edge.label)]))
        }
        for oddity in Oddity.allCases {
            guard let count = oddities[oddity], count > Self.warningsOfAKind else { continue }
            outlet.warning("\(count - Self.warningsOfAKind) more \(oddity.rawValue)")
        }
        try outlet.document(document)
        return graph
    }

    /// Reports something unusual, unless this kind was reported often enough.
    mutating func warn(_ oddity: Oddity, _ text: @autoclosure () -> String) {
        let count = (oddities[oddity] ?? 0) + 1
        oddities[oddity] = count
        if count <= Self.warningsOfAKind { outlet.warning(text()) }
    }
}
