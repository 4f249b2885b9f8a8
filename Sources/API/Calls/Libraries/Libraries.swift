import Bytes
import Database
import HTTP
import Inventory

// Single libraries and the search for them: mend-api.md §3.3. Only libraries in a project that the user may see are
// found.

extension Call {
    /// The most libraries in one answer of a search.
    private static let searchLimit = 100

    static let libraries: [Call] = [
        information("getBasicLibraryInfo"), information("getLibraryInfo"), librarySearch, librarySourceFiles,
        histogram("getOrganizationLicenseHistogram", .organization),
        histogram("getProductLicenseHistogram", .product), histogram("getProjectLicenseHistogram", .project),
    ]

    private static let keyID = WholeNumber("keyId", in: NumberText.ids)

    private static func information(_ name: String) -> Call {
        Call(
            name, .one(.organization), .readOnly, .work,
            takes: [
                .number(keyID), .text("libraryName"), .text("libraryVersion"), .text("libraryType"),
                .text("libraryGroup"),
            ]
        ) { visit in
            let found: [LibraryRecord]
            if let number = try visit.request.numberIfAny(keyID) {
                found = try LibraryRecords.numbered(number, in: visit.scope, on: visit.connection)
                if found.isEmpty { throw APIError.noSuchLibrary("with the keyId \(number)") }
            } else {
                found = try named(visit)
            }
            return .answer(
                Answer.object { answer in
                    answer.objects("librariesInformation", found) { $0.library($1) }
                })
        }
    }

    private static func named(_ visit: borrowing CallVisit) throws -> [LibraryRecord] {
        let request = visit.request
        let name = try request.text("libraryName", accepted: "the name of a library")
        let version = try request.textIfAny("libraryVersion", accepted: "a version")
        var constants: [String]?
        if let word = try request.textIfAny("libraryType", accepted: "the type of a library, as maven or npm") {
            constants = LibraryType.constants(named: word)
        }
        let search = LibraryRecords.Search(
            name: name, version: version, group: try request.textIfAny("libraryGroup", accepted: "a group"),
            typeConstants: constants)
        let found = try LibraryRecords.found(by: search, limit: searchLimit + 1, in: visit.scope, on: visit.connection)
        guard !found.isEmpty else { throw APIError.noSuchLibrary([name, version ?? ""].joined(separator: " ")) }
        guard found.count <= searchLimit else { throw APIError.tooManyLibraries(searchLimit) }
        // Several rows for one library count once.
        var seen: Set<String> = []
        return found.filter { seen.insert($0.uuid).inserted }
    }

    private static let librarySearch = Call(
        "librarySearch", .one(.organization), .readOnly, .work, takes: [.text("searchValue").required]
    ) { visit in
        // Here Mend answers with the words of its pages, and clients compare them (`Source Library`).
        let text = try visit.request.text("searchValue", accepted: "a part of a library's name")
        var seen: Set<String> = []
        let found = try LibraryRecords.containing(
            text, limit: searchLimit, in: visit.scope, on: visit.connection
        ).filter { seen.insert($0.uuid).inserted }
        return .answer(Answer.object { answer in answer.objects("libraries", found) { $0.library($1, type: $1.type) } })
    }

    private static let librarySourceFiles = Call(
        "getLibrarySourceFiles", .one(.project), .readOnly, .work, takes: [.text("keyUuid").required]
    ) { visit in
        let uuid = try visit.request.text("keyUuid", accepted: "the keyUuid of a library of the project")
        guard try LibraryRecords.find(uuid: uuid, in: visit.scope, on: visit.connection) != nil else {
            throw APIError.unknownLibrary(uuid, of: "keyUuid")
        }
        let files = try LibraryRecords.files(ofLibrary: uuid, in: visit.scope, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("sourceFiles", files) { answer, file in
                    answer.text("name", file.name)
                    answer.text("path", file.path)
                    if !file.sha1.isEmpty { answer.text("sha1", file.sha1) }
                }
            })
    }

    private static func histogram(_ name: String, _ kind: ScopeKind) -> Call {
        Call(name, .one(kind), .readOnly, .work) { visit in
            let counts = try LibraryRecords.licenseCounts(visit.scope, on: visit.connection)
            // Names are only shown. Where two licences share a name, the identifier distinguishes them.
            let uses = Dictionary(counts.map { ($0.name, 1) }, uniquingKeysWith: +)
            let byName = counts.map { one in
                (name: uses[one.name] == 1 ? one.name : "\(one.name) (\(one.spdx))", value: one.count)
            }
            let byIdentifier = try LibraryRecords.identifierCounts(visit.scope, on: visit.connection)
            return .answer(
                Answer.object { answer in
                    answer.map("licenseHistogram", byName) { $0.number(named: $1, $2) }
                    answer.map("spdxHistogram", byIdentifier) { $0.number(named: $1, $2) }
                })
        }
    }
}
