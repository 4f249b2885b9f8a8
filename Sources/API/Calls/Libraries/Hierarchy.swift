import Bytes
import Database
import Glibc
import HTTP
import Inventory

// DESIGN. The tree of a project is written to a scratch file during the walk, so that memory holds the graph and the current
// path, never the tree. A library that several others need appears below each of them with its own dependencies, as long as
// the tree has a reasonable size. In a larger tree, only its first entry has them, and `deduped` marks the others. A graph
// in which every library needs every other has as many entries as edges. At a second limit nothing more is put below a
// library; `dependenciesCut` marks the library, and `cutAtEntries` the answer. All libraries of the top level are always
// present.

extension Call {
    static let projectHierarchy = Call("getProjectHierarchy", .one(.project), .readOnly, .work) { visit in
        let (scope, backend) = (visit.scope, visit.backend)
        let path = "\(backend.scratch)/\(try backend.random.uuid()).tree"
        return .write {
            try await backend.heavy(for: scope) {
                let tree = try backend.database.snapshot { try ProjectTree.read(scope, on: $0) }
                let file = try ScratchFile(path: path)
                var writer = HierarchyWriter(tree, to: file)
                try writer.write()
                let made = try file.reopened()
                return HTTPResponse(
                    headers: ["Content-Type": Answer.mediaType], body: .file(made, offset: 0, count: made.size))
            }
        }
    }

    static let projectLibraryDependencies = Call(
        "getProjectLibraryDependencies", .one(.project), .readOnly, .work, takes: [.text("keyUuid").required]
    ) { visit in
        let uuid = try visit.request.text("keyUuid", accepted: "the keyUuid of a library of the project")
        let (scope, backend) = (visit.scope, visit.backend)
        return .write {
            try await backend.heavy(for: scope) {
                let tree = try backend.database.snapshot { try ProjectTree.read(scope, on: $0) }
                guard let place = tree.libraries.firstIndex(where: { $0.uuid == uuid.lowercased() }) else {
                    throw APIError.unknownLibrary(uuid, of: "keyUuid")
                }
                let needed = tree.children[place].map { tree.libraries[Int($0)] }
                return Answer.object { answer in
                    answer.objects("libraries", needed) { $0.library($1) }
                    answer.objects("dependencies", needed) { $0.library($1) }
                }
            }
        }
    }
}

/// Writes a tree as JSON.
private struct HierarchyWriter: ~Copyable {
    /// The number of entries up to which repeated libraries are written in full.
    private static let fullLimit = 50_000
    /// The number of entries up to which libraries get dependencies below them.
    static let entryLimit = 100_000
    /// The most levels; deeper ones are cut and marked with `deduped`.
    private static let depthLimit = 500

    private let tree: ProjectTree
    private var json: JSONWriter
    private var entries = 0
    private var isCutShort = false
    private var isWritten: [Bool]
    private var isOnPath: [Bool]

    init(_ tree: ProjectTree, to file: ScratchFile) {
        self.tree = tree
        json = Answer.writer(to: ByteSink { bytes throws(SinkError) in try file.write(bytes) })
        isWritten = Array(repeating: false, count: tree.libraries.count)
        isOnPath = isWritten
    }

    mutating func write() throws {
        json.beginObject()
        json.key("libraries")
        json.beginArray()
        for (number, root) in tree.roots.enumerated() {
            try write(root, isDirect: tree.isGraphKnown ? number < tree.directRoots : nil, depth: 1)
        }
        json.endArray()
        if isCutShort { json.number("cutAtEntries", Int64(Self.entryLimit)) }
        json.endObject()
        try json.flush()
    }

    private mutating func write(_ place: Int32, isDirect: Bool?, depth: Int) throws {
        let index = Int(place)
        let children = tree.children[index]
        let isCut =
            !children.isEmpty
            && (isOnPath[index] || depth >= Self.depthLimit || entries >= Self.fullLimit && isWritten[index])
        let isFull = !isCut && !children.isEmpty && entries >= Self.entryLimit
        entries += 1
        isWritten[index] = true
        json.beginObject()
        json.library(tree.libraries[index])
        if let isDirect { json.flag("directDependency", isDirect) }
        if isCut { json.flag("deduped", true) }
        json.key("dependencies")
        json.beginArray()
        try json.drain()
        var isShort = isFull
        if !isCut, !isFull {
            isOnPath[index] = true
            for child in children {
                guard entries < Self.entryLimit else {
                    isShort = true
                    break
                }
                try write(child, isDirect: false, depth: depth + 1)
            }
            isOnPath[index] = false
        }
        json.endArray()
        if isShort { json.flag("dependenciesCut", true) }
        isCutShort = isCutShort || isShort
        json.endObject()
    }
}

extension JSONWriter {
    /// The members of a library: mend-api.md §2.
    ///
    /// - Parameter type: the library's type, as the constant for an unknown one.
    mutating func library(_ library: LibraryRecord, type: String? = nil) {
        text("keyUuid", library.uuid)
        number("keyId", library.keyID)
        text("filename", library.filename)
        text("name", library.name)
        text("groupId", library.groupID)
        text("artifactId", library.artifactID)
        text("version", library.version)
        if !library.sha1.isEmpty { text("sha1", library.sha1) }
        text("type", type ?? library.typeConstant)
        text("languages", library.type)
        if !library.description.isEmpty { text("description", library.description) }
        text("coordinates", library.coordinates)
        if !library.purl.isEmpty { text("purl", library.purl) }
        if !library.sha1.isEmpty { text("matchType", "SHA1") }
        if let isOutdated = library.isOutdated { flag("outdated", isOutdated) }
        if let newer = library.newer {
            object("outdatedModel") { answer in
                if let time = newer.published { answer.text("outdatedLibraryDate", TimeText.date(time)) }
                answer.text("newestVersion", newer.newest)
                if let time = newer.newestPublished { answer.text("newestLibraryDate", TimeText.date(time)) }
                answer.number("versionsInBetween", Int64(newer.between))
            }
        }
        object("references") { answer in
            if !library.downloadURL.isEmpty { answer.text("url", library.downloadURL) }
            if !library.homepage.isEmpty { answer.text("homePage", library.homepage) }
        }
        objects("licenses", library.licenses) { $0.text("name", $1) }
    }
}
