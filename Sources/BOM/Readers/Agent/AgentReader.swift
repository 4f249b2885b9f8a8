import Bytes
import Glibc
package import Inventory

// DESIGN. An upload is a JSON array of projects, each with a tree of dependencies, and is read as a stream. The tree
// repeats a library wherever something needs it, at any depth. So a library with the same file in the same place becomes
// one component, and the tree becomes edges. Instead of recursion, open dependencies wait on a stack, which is at most as
// deep as JSON may be nested. Their members come in any order, so the children of a dependency are kept as numbers until
// the dependency ends.

/// Reads the projects of an agent's upload: mend-api.md §4.
package struct AgentReader {
    /// The most projects of one upload.
    package static let projectLimit = 10_000

    /// The roots of the whole upload and of the current project.
    private static let root = "project"

    private let isSurvey: Bool
    private let keepsModules: Bool
    /// Receives the original tree instead of the graph.
    private var visitor: Visitor?
    private var graph = DependencyGraph()
    private var rootNode: Int32 = 0
    /// The names of libraries without their files, each with the first node of this name.
    private var bases = ReferenceTable()
    private var firsts: [Int32] = []
    /// The SHA-1 of carried nodes that are the first of their name.
    private var carried: [Int32: String] = [:]
    private var name = ""
    private var upload = AgentUpload()
    private var emitted = 0
    private var oddHashes = 0
    private var nameless = 0
    private var modules = 0

    private init(isSurvey: Bool, keepsModules: Bool = false) {
        self.isSurvey = isSurvey
        self.keepsModules = keepsModules
    }

    // MARK: Doors

    /// The content of an upload, which can be read in three forms: a list of projects, one project, or a request file
    /// with its `projects`.
    package static func survey(file path: String) throws(BOMError) -> AgentUpload {
        var reader = AgentReader(isSurvey: true)
        var nobody = Nobody()
        try reader.read(path, into: &nobody)
        return reader.upload
    }

    /// A reader that puts all libraries below one root.
    ///
    /// - Parameters:
    ///   - name: the name of the root.
    ///   - keepsModules: whether each project becomes a component between the root and the project's dependencies.
    package init(named name: String, keepingModules keepsModules: Bool = false) throws(BOMError) {
        self.init(isSurvey: false, keepsModules: keepsModules)
        self.name = name
        rootNode = try node(Self.root)
        graph.roots = [rootNode]
    }

    /// Takes over a component of the existing project, so that the upload adds to it; returns its node.
    package mutating func carry(
        _ component: Component, into receiver: inout some BOMReceiver
    ) throws(BOMError) -> Int32 {
        let node = try node(component.ref)
        guard let number = bases.number(for: Self.base(of: component)).map(Int.init) else { throw Self.tooLong }
        if number == firsts.count {
            firsts.append(node)
            carried[node] = component.hashes.first { $0.algorithm == "SHA-1" }?.value ?? ""
        }
        emitted += 1
        try receiver.component(component)
        return node
    }

    /// Takes over an edge between carried components; nil stands for the root.
    package mutating func carry(
        edgeFrom from: Int32?, to: Int32, kind: Dependency.Kind, label: String = ""
    ) throws(BOMError) {
        try graph.add(from: from ?? rootNode, to: to, kind: kind, label: label)
    }

    /// The name of a library without its file, which is equal for a component and a dependency on it.
    package static func base(of component: Component) -> String {
        if let url = PackageURL(component.purl) { return url.text }
        return [component.group, component.name, component.version].filter { !$0.isEmpty }.joined(separator: ":")
    }

    /// Passes the libraries of all projects of a file to a receiver.
    package mutating func read(file path: String, into receiver: inout some BOMReceiver) throws(BOMError) {
        try read(path, into: &receiver)
    }

    /// Passes on the root and the document; returns the graph of dependencies. The reader must not be used
    /// afterwards.
    package mutating func finish(into receiver: inout some BOMReceiver) throws(BOMError) -> DependencyGraph {
        graph.seal()
        var document = BOMDocument(standard: .cycloneDX, version: "1.5")
        document.name = name
        // A project without dependencies does not become a library of itself.
        if emitted > 0 {
            var component = Component(ref: Self.root, name: name)
            component.kind = .application
            try receiver.component(component)
            document.describes = [Self.root]
        }
        if oddHashes > 0 { receiver.warning("\(oddHashes) dependencies have checksums that cannot be right") }
        if nameless > 0 { receiver.warning("\(nameless) dependencies have neither name nor checksum") }
        try receiver.document(document)
        return graph
    }

    /// The visitor of a tree. `enter` is called at the beginning of a dependency, `leave` at its end with the
    /// description.
    package struct Visitor {
        let enter: () throws -> Void
        let leave: (Component) throws -> Void

        package init(enter: @escaping () throws -> Void, leave: @escaping (Component) throws -> Void) {
            self.enter = enter
            self.leave = leave
        }
    }

    /// Visits the dependencies of one project as a tree; `range` is the project's place in the file.
    package static func visit(file path: String, range: Range<Int>, _ visitor: Visitor) throws {
        var reader = AgentReader(isSurvey: true)
        reader.visitor = visitor
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw BOMError.opening(path, errno) }
        defer { close(file) }
        var position = range.lowerBound
        var json = JSONReader(window: BOMReader.window) { (buffer) throws(JSONError) in
            let count = pread(file, buffer.baseAddress, min(buffer.count, range.upperBound - position), position)
            if count < 0 { throw .source("reading \(path): \(systemMessage(errno))", Outage(errno: errno)) }
            position += count
            return count
        }
        var nobody = Nobody()
        _ = try reader.project(&json, &nobody, isOutermost: false)
    }

    private mutating func read(_ path: String, into receiver: inout some BOMReceiver) throws(BOMError) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .opening(path, errno) }
        defer { close(file) }
        do {
            var json = JSONReader(fileDescriptor: file)
            switch try json.peek() {
            case .array: try projects(&json, &receiver)
            case .object:
                let start = json.offset
                if let project = try project(&json, &receiver, isOutermost: true) {
                    try keep(project, from: start, to: json.offset)
                }
            case .string, .number, .bool, .null:
                throw BOMError.invalid(what: "this is no list of projects")
            }
            try json.finish()
            guard !upload.projects.isEmpty else { throw BOMError.invalid(what: "the upload has no project") }
        } catch let error as BOMError {
            throw error
        } catch let error as JSONError {
            throw BOMError(error)
        } catch {
            throw .failed(what: "\(error)")
        }
    }

    // MARK: Projects

    private mutating func projects(_ json: inout JSONReader, _ receiver: inout some BOMReceiver) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextElement() {
            let next = try json.peek()
            if next == .null {
                try json.null()
                continue
            }
            guard next == .object else {
                throw BOMError.invalid(what: "project \(upload.projects.count + 1) is no object")
            }
            let start = json.offset
            if let project = try project(&json, &receiver, isOutermost: false) {
                try keep(project, from: start, to: json.offset)
            }
        }
    }

    private mutating func keep(_ project: AgentProject, from start: Int, to end: Int) throws(BOMError) {
        guard upload.projects.count < Self.projectLimit else {
            throw .tooLarge(what: "the upload has too many projects", limit: Self.projectLimit)
        }
        var project = project
        project.range = start..<end
        guard !project.name.isEmpty || !project.token.isEmpty else {
            throw .invalid(
                what:
                    "project \(upload.projects.count + 1) has neither a projectToken nor coordinates with an artifactId"
            )
        }
        upload.projects.append(project)
    }

    /// The current project; nil for a request file, whose projects were read already.
    private mutating func project(
        _ json: inout JSONReader, _ receiver: inout some BOMReceiver, isOutermost: Bool
    ) throws -> AgentProject? {
        var project = AgentProject()
        var isProject = false
        var owner = rootNode
        // A module has the name of its project, which may come after its dependencies.
        if keepsModules, !isSurvey {
            modules += 1
            owner = try node("module:\(modules)")
        }
        try json.beginObject()
        while try json.nextKey() {
            if json.keyEquals("coordinates") {
                isProject = true
                project.name = try AgentProject.name(&json)
            } else if json.keyEquals("projectToken") {
                project.token = try json.text().lowercased()
                isProject = isProject || !project.token.isEmpty
            } else if json.keyEquals("projectTags") {
                project.tags = try AgentProject.tags(&json)
            } else if json.keyEquals("dependencies") {
                isProject = true
                project.dependencies += try dependencies(&json, &receiver, below: owner)
            } else if isOutermost, json.keyEquals("projects") {
                try projects(&json, &receiver)
            } else if isOutermost,
                let field = Self.requestFields.first(where: { name in json.withKey { $0.elementsEqual(name.utf8) } })
            {
                upload.fields[field] = try json.text()
            } else {
                try json.skipValue()
            }
        }
        guard isProject || !isOutermost else { return nil }
        if keepsModules, !isSurvey {
            var component = Component(
                ref: graph.references[owner], name: project.name.isEmpty ? project.token : project.name)
            component.kind = .application
            try receiver.component(component)
            try graph.add(from: rootNode, to: owner, kind: .dependsOn)
            emitted += 1
        }
        return project
    }

    /// Fields of a request file that name its destination.
    private static let requestFields = [
        "type", "updateType", "agent", "agentVersion", "orgToken", "product", "productToken", "requesterEmail",
        "aggregateModules", "preserveModuleStructure", "aggregateProjectName", "aggregateProjectToken", "scanComment",
    ]

    // MARK: Dependencies

    /// Reads a tree of dependencies and returns their number.
    private mutating func dependencies(
        _ json: inout JSONReader, _ receiver: inout some BOMReceiver, below owner: Int32
    ) throws -> Int {
        guard try json.beginArrayUnlessNull() else { return 0 }
        defer { json.ceiling = .max }
        var open: [AgentDependency] = []
        var count = 0
        while true {
            json.ceiling = json.offset + BOMReader.partLimit
            if try json.nextElement() {
                guard try json.beginObjectUnlessNull() else { continue }
                open.append(AgentDependency())
                count += 1
                try visitor?.enter()
            } else if open.isEmpty {
                return count
            }
            // Either a new dependency, or one whose children are being read.
            guard try !members(&json, of: &open[open.count - 1]) else { continue }
            let done = open.removeLast()
            guard !isSurvey else {
                if let visitor { try visitor.leave(done.component(ref: "")) }
                continue
            }
            let nodes = try nodes(of: done, &receiver)
            if open.isEmpty {
                for node in nodes { try graph.add(from: owner, to: node, kind: .dependsOn) }
            } else {
                open[open.count - 1].children += nodes
            }
        }
    }

    /// Reads members up to the end of the object (false), or up to the beginning of its children (true).
    private mutating func members(
        _ json: inout JSONReader, of dependency: inout AgentDependency
    ) throws(JSONError) -> Bool {
        while try json.nextKey() {
            guard let field = try json.key(in: AgentDependency.fields, seen: &dependency.seen) else {
                try json.skipValue()
                continue
            }
            if field == .children {
                if try json.beginArrayUnlessNull() { return true }
            } else if try !dependency.read(field, &json) {
                oddHashes += 1
            }
        }
        return false
    }

    /// The node of a dependency, which is passed on at its first occurrence; for a nameless one, the nodes of its
    /// children.
    private mutating func nodes(
        of dependency: AgentDependency, _ receiver: inout some BOMReceiver
    ) throws -> [Int32] {
        guard !dependency.isNameless else {
            nameless += 1
            return dependency.children
        }
        let base = dependency.base
        let distinction = dependency.distinction
        guard let number = bases.number(for: base).map(Int.init) else { throw Self.tooLong }
        let ref = distinction.isEmpty ? base : "\(base)#\(distinction)"
        let isNew = graph.references.known(ref) == nil
        let node: Int32
        if number < firsts.count, distinction.isEmpty || isNew && isCarried(firsts[number], dependency.sha1) {
            // The dependency was listed again by name only, as in trees that write everything once, or was carried
            // already.
            node = firsts[number]
        } else {
            node = try self.node(ref)
            if number == firsts.count { firsts.append(node) }
            if isNew {
                emitted += 1
                try receiver.component(dependency.component(ref: ref))
            }
        }
        for child in dependency.children where child != node {
            try graph.add(from: node, to: child, kind: .dependsOn)
        }
        return [node]
    }

    private func isCarried(_ node: Int32, _ sha1: String) -> Bool {
        carried[node].map { $0.isEmpty || sha1.isEmpty || $0 == sha1 } ?? false
    }

    private mutating func node(_ ref: String) throws(BOMError) -> Int32 {
        guard let number = graph.references.number(for: ref) else { throw Self.tooLong }
        return number
    }

    private static let tooLong = BOMError.tooLarge(
        what: "the names of the dependencies are too long", limit: ReferenceTable.limit)
}

/// Ignores the parts of a document that is only searched.
private struct Nobody: BOMReceiver {
    mutating func component(_ component: Component) {}
    mutating func file(_ file: SourceFile) {}
    mutating func dependency(_ dependency: Dependency) {}
    mutating func vulnerability(_ vulnerability: VulnerabilityClaim) {}
    mutating func warning(_ text: String) {}
    mutating func document(_ document: BOMDocument) {}
}
