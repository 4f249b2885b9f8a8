import Bytes
import Database
import Glibc
import Intake

extension Update {
    /// The list of licences states its version. Its texts are separate files, which are requested when the list has changed.
    func licenses(_ known: FeedState) throws -> Outcome {
        switch try fetcher.fetch(.licenseList, unless: FeedFetcher.Stamp(known)) {
        case .unchanged: return .unchanged
        case .missing: return .missing("the origin has no \(FeedFile.licenseList.path)")
        case .came(let path, let stamp):
            defer { fetcher.forget(path) }
            let list = try LicenseIndex(path: path, from: stamp.address)
            try judge(FeedFile.licenseList.path, records: list.ids.count, newest: list.released, beside: known)
            let exceptions = try exceptionIndex()
            let folders = try texts(of: list, exceptions)
            let work = LicenseImport(database: database)
            for folder in folders { _ = try work.run(folder) }
            try fetcher.keep(path, as: .licenseList)
            clear()
            return .updated(records: list.ids.count, newest: list.released, stamp)
        }
    }

    private func exceptionIndex() throws -> LicenseIndex? {
        guard case .came(let path, let stamp) = try fetcher.fetch(.exceptionList) else { return nil }
        defer { fetcher.forget(path) }
        let list = try LicenseIndex(path: path, from: stamp.address)
        try fetcher.keep(path, as: .exceptionList)
        return list
    }

    /// The folders with the texts of a list: those of the origin, or local ones if the origin is a server. Files that arrived
    /// before an update was stopped are not requested again.
    private func texts(of list: LicenseIndex, _ exceptions: LicenseIndex?) throws -> [String] {
        if case .folder(let root) = fetcher.origin, fetcher.export == nil {
            return ["details", "exceptions"].map { "\(root)/licenses/\($0)" }.filter { access($0, R_OK) == 0 }
        }
        var folders: [String] = []
        var missing: [String] = []
        var count = 0
        for (name, ids) in [("details", list.ids), ("exceptions", exceptions?.ids ?? [])] where !ids.isEmpty {
            let folder = "\(self.folder(of: list))/\(name)"
            try FeedFetcher.makeFolder(folder)
            folders.append(folder)
            for id in ids {
                count += 1
                progress(Feed.Source.licenses.rawValue, count)
                let target = "\(folder)/\(id).json"
                let file = name == "details" ? FeedFile.license(id) : .exception(id)
                if access(target, R_OK) == 0 { continue }
                guard case .came(let path, _) = try fetcher.fetch(file) else {
                    missing.append(id)
                    continue
                }
                try fetcher.keep(path, as: file)
                try fetcher.move(path, to: target)
            }
        }
        if !missing.isEmpty {
            let shown = missing.prefix(10).joined(separator: ", ")
            warning("licenses: the origin has no text of \(shown)\(missing.count > 10 ? ", …" : "")")
        }
        return folders.filter { !(Folder.names(in: $0) ?? []).isEmpty }
    }

    private func folder(of list: LicenseIndex) -> String {
        "\(fetcher.spool)/licenses-\(list.version.percentEncoded)"
    }

    /// Deletes the received texts, including those of an older list that was not finished.
    private func clear() {
        for root in Folder.names(in: fetcher.spool) ?? [] where root.hasPrefix("licenses-") {
            for name in ["details", "exceptions"] { FeedFetcher.removeFolder("\(fetcher.spool)/\(root)/\(name)") }
            FeedFetcher.removeFolder("\(fetcher.spool)/\(root)")
        }
    }
}

/// The SPDX licence list or that of its exceptions, with the members that find texts: `licenseListVersion`, `releaseDate`, and
/// the `licenseId` or `licenseExceptionId` of each entry.
struct LicenseIndex {
    private static let limit = 20_000

    private(set) var version = ""
    private(set) var released: Int64?
    private(set) var ids: [String] = []

    init(path: String, from address: String) throws(FeedError) {
        do {
            try JSONFile.read(path) { (json) throws(JSONError) in
                try json.beginObject()
                while try json.nextKey() {
                    switch json.key() {
                    case "licenseListVersion": version = try json.string()
                    case "releaseDate": released = TimeText.milliseconds(try json.string())
                    case "licenses", "exceptions": try entries(&json)
                    default: try json.skipValue()
                    }
                }
            }
        } catch {
            throw .content(address: address, why: error.description)
        }
        guard !ids.isEmpty else { throw .content(address: address, why: "it names no licence") }
    }

    private mutating func entries(_ json: inout JSONReader) throws(JSONError) {
        try json.beginArray()
        while try json.nextElement() {
            try json.beginObject()
            while try json.nextKey() {
                switch json.key() {
                case "licenseId", "licenseExceptionId":
                    let id = try json.string()
                    if Self.isName(id), ids.count < Self.limit { ids.append(id) }
                default: try json.skipValue()
                }
            }
        }
    }

    /// SPDX 2.3 §10.1 allows letters, digits, `-` and `.`; some ids have a `+`.
    private static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && !text.hasPrefix(".")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "+"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
