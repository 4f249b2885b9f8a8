import BOM

/// Keeps everything that a reader passes on.
struct Collector: BOMReceiver {
    var components: [Component] = []
    var files: [SourceFile] = []
    var dependencies: [Dependency] = []
    var vulnerabilities: [VulnerabilityClaim] = []
    var warnings: [String] = []
    var documents: [BOMDocument] = []

    mutating func component(_ component: Component) { components.append(component) }
    mutating func file(_ file: SourceFile) { files.append(file) }
    mutating func dependency(_ dependency: Dependency) { dependencies.append(dependency) }
    mutating func vulnerability(_ vulnerability: VulnerabilityClaim) { vulnerabilities.append(vulnerability) }
    mutating func warning(_ text: String) { warnings.append(text) }
    mutating func document(_ document: BOMDocument) { documents.append(document) }

    subscript(ref: String) -> Component? { components.first { $0.ref == ref } }
    var document: BOMDocument? { documents.first }

    /// The number of warnings that begin or end with this text, including counted ones.
    func count(ofWarnings sign: String, counted: String) -> Int {
        warnings.reduce(0) { sum, text in
            if text.hasSuffix(" more \(counted)") { return sum + (Int(text.prefix { $0 != " " }) ?? 0) }
            return sum + (text.contains(sign) ? 1 : 0)
        }
    }
}
