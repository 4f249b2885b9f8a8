import Bytes

/// Reads CycloneDX JSON (ECMA-424; bom-1.2 to bom-1.7.schema.json).
struct CycloneDXJSONReader {
    var assembly: BOMAssembly
    var document = BOMDocument(standard: .cycloneDX, version: "")
    private var extra = ExtraFields()

    private let form: BOMReader.Form

    init(outlet: BOMOutlet, form: BOMReader.Form) {
        assembly = BOMAssembly(outlet: outlet)
        self.form = form
    }

    private enum Field: String, CaseIterable, Sendable {
        case bomFormat, specVersion, serialNumber, version, metadata, components, services, dependencies
        case vulnerabilities, properties, externalReferences, signature
        case schema = "$schema"
    }
    private static let fields = JSONKeys<Field>()

    /// Reads the whole document.
    mutating func read(_ json: inout JSONReader) throws -> DependencyGraph {
        var seen = JSONSeenKeys()
        var format = ""
        try form.begin(&json)
        while try json.nextKey() {
            json.ceiling = .max
            switch try json.key(in: Self.fields, seen: &seen) {
            case .bomFormat: format = try json.text()
            case .specVersion: document.version = try json.text()
            case .serialNumber: document.identifier = try json.text()
            case .metadata: try metadata(&json)
            case .components: try components(&json, isService: false, parent: nil, level: 1)
            case .services: try components(&json, isService: true, parent: nil, level: 1)
            case .dependencies: try dependencies(&json)
            case .vulnerabilities: try vulnerabilities(&json)
            case .properties:
                json.ceiling = json.offset + BOMReader.partLimit
                document.properties += try properties(&json)
            case .version: document.edition = Int(try json.text()) ?? 1
            // A signature is dropped, because any change makes it invalid.
            case .signature, .schema: try json.skipValue()
            case .externalReferences, nil: try assembly.keep(&json, in: &extra)
            }
        }
        try form.finish(&json)
        guard format == "CycloneDX" else {
            throw BOMError.invalid(what: "bomFormat is \"\(format.prefix(100))\", not \"CycloneDX\"")
        }
        // Before 1.2 only XML existed.
        guard CycloneDXMapping.versions.contains(document.version), !form.isJSON || document.version >= "1.2" else {
            throw BOMError.invalid(
                what:
                    "specVersion is \"\(document.version.prefix(100))\"; CycloneDX is read in 1.2 to 1.7, as XML also "
                    + "in 1.0 and 1.1")
        }
        document.extra = extra.text
        return try assembly.finish(document)
    }

    // MARK: - Metadata

    private enum MetadataField: String, CaseIterable, Sendable {
        case timestamp, tools, authors, component, manufacture, manufacturer, supplier, licenses, properties
    }
    private static let metadataFields = JSONKeys<MetadataField>()

    private mutating func metadata(_ json: inout JSONReader) throws {
        guard try json.beginObjectUnlessNull() else { return }
        var seen = JSONSeenKeys()
        var rest = ExtraFields()
        json.ceiling = json.offset + BOMReader.partLimit
        while try json.nextKey() {
            switch try json.key(in: Self.metadataFields, seen: &seen) {
            case .timestamp: document.created = try json.text()
            case .tools: try tools(&json)
            case .authors:
                guard try json.beginArrayUnlessNull() else { continue }
                while try json.nextElement() {
                    if let agent = try agent(&json, .person) { document.creators.append(agent) }
                }
            case .component:
                guard try json.beginObjectUnlessNull() else { continue }
                if let root = try component(&json, isService: false, parent: nil, level: 1) {
                    try assembly.describe(root.ref)
                    document.name = root.name
                }
            case .manufacture, .manufacturer, .supplier:
                if let agent = try agent(&json, .organization), !document.creators.contains(agent) {
                    document.creators.append(agent)
                }
            case .licenses:
                let (declared, concluded) = try licenses(&json, of: "metadata")
                if case .id(let text) = (declared + concluded).first?.form { document.dataLicense = text }
                if case .expression(let text) = (declared + concluded).first?.form { document.dataLicense = text }
                if case .name(let text) = (declared + concluded).first?.form { document.dataLicense = text }
            case .properties: document.properties += try properties(&json)
            case nil: try assembly.keep(&json, in: &rest)
            }
        }
        if !rest.text.isEmpty { extra.append(key: "metadata", raw: rest.text) }
    }

    private enum ToolField: String, CaseIterable, Sendable { case vendor, name, version, components, services }
    private static let toolFields = JSONKeys<ToolField>()

    /// A list of tools (1.2 to 1.4), or an object with components and services (1.5 and later).
    private mutating func tools(_ json: inout JSONReader) throws {
        if try json.peek() == .object {
            var seen = JSONSeenKeys()
            try json.beginObject()
            while try json.nextKey() {
                switch try json.key(in: Self.toolFields, seen: &seen) {
                case .components, .services: try toolList(&json)
                case .vendor, .name, .version, nil: try json.skipValue()
                }
            }
        } else {
            try toolList(&json)
        }
    }

    private mutating func toolList(_ json: inout JSONReader) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextObject() {
            var (name, version) = ("", "")
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.toolFields, seen: &seen) {
                case .name: name = try json.text()
                case .version: version = try json.text()
                case .vendor, .components, .services, nil: try json.skipValue()
                }
            }
            if !name.isEmpty { document.tools.append(version.isEmpty ? name : "\(name)-\(version)") }
        }
    }

    // MARK: - Dependencies

    private enum DependencyField: String, CaseIterable, Sendable { case ref, dependsOn, provides }
    private static let dependencyFields = JSONKeys<DependencyField>()

    private mutating func dependencies(_ json: inout JSONReader) throws {
        guard try json.beginArrayUnlessNull() else { return }
        var (needs, provides): ([Int32], [Int32]) = ([], [])
        while try json.nextObject() {
            json.ceiling = json.offset + BOMReader.partLimit
            var from: Int32?
            needs.removeAll(keepingCapacity: true)
            provides.removeAll(keepingCapacity: true)
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.dependencyFields, seen: &seen) {
                case .ref: from = try reference(&json)
                case .dependsOn: try references(&json, into: &needs)
                case .provides: try references(&json, into: &provides)
                case nil: try json.skipValue()
                }
            }
            guard let from else {
                assembly.warn(.danglingReference, "an entry of dependencies without a ref was skipped")
                continue
            }
            for to in needs { try assembly.connect(from, to, .dependsOn) }
            for to in provides { try assembly.connect(from, to, .other, label: "provides") }
        }
    }

    private mutating func references(_ json: inout JSONReader, into list: inout [Int32]) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextElement() { if let number = try reference(&json) { list.append(number) } }
    }

    private mutating func reference(_ json: inout JSONReader) throws -> Int32? {
        guard try json.peek() == .string else {
            let text = try json.text()
            return text.isEmpty ? nil : try assembly.mention(text)
        }
        var result: Result<Int32?, BOMError> = .success(nil)
        try json.withString { bytes in
            guard !bytes.isEmpty else { return }
            do throws(BOMError) { result = .success(try assembly.mention(bytes)) } catch { result = .failure(error) }
        }
        return try result.get()
    }
}
