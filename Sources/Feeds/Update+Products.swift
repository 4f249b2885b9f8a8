import Bytes
import Database
import Glibc
import Intake
import Inventory

extension Update {
    /// The products of endoflife.date that are distributions, by OSV's names.
    private static let distributions = [
        "Debian": "debian", "Ubuntu": "ubuntu", "Alpine": "alpine-linux", "Red Hat": "rhel", "AlmaLinux": "almalinux",
        "Rocky Linux": "rocky-linux", "SUSE": "sles", "openSUSE": "opensuse", "Photon OS": "photon", "Mageia": "mageia",
        "Azure Linux": "azure-linux",
    ]

    func products(_ known: FeedState) throws -> Outcome {
        if let names = fetcher.origin.names(in: "eol") {
            let files = names.filter { $0.hasSuffix(".json") }
            guard !files.isEmpty else { return .missing("the folder has no eol/PRODUCT.json") }
            var stamp = FeedFetcher.Stamp()
            stamp.address = Folder.of(fetcher.origin.address(of: .product("x")))
            stamp.etag = self.stamp(of: files, in: "eol")
            if stamp == FeedFetcher.Stamp(known) { return .unchanged }
            return try bring(files.map { String($0.dropLast(5)) }, stamp, known)
        }
        guard case .came(let path, var stamp) = try fetcher.fetch(.products) else {
            return .missing("the origin has no \(FeedFile.products.path)")
        }
        defer { fetcher.forget(path) }
        let names = try inUse(by: try ProductNames(path: path, from: stamp.address))
        try fetcher.keep(path, as: .products)
        // New packages may come into use without a change of the list, so the list is requested each time.
        (stamp.etag, stamp.lastModified) = ("", "")
        guard !names.isEmpty else { return .missing("no product of endoflife.date is in use") }
        return try bring(names, stamp, known)
    }

    private func inUse(by names: ProductNames) throws -> [String] {
        var found: Set<String> = []
        try database.read { connection in
            for place in try PackagesInUse.places(on: connection) {
                if let product = Self.distributions[String(place.prefix { $0 != ":" })] { found.insert(product) }
            }
            try PackagesInUse.eachPURL(on: connection) { purl in
                if let products = names.products[ProductNames.base(of: purl)] { found.formUnion(products) }
            }
        }
        return found.sorted()
    }

    private func bring(_ names: [String], _ stamp: FeedFetcher.Stamp, _ known: FeedState) throws -> Outcome {
        var count = 0
        var missing: [String] = []
        for name in names {
            guard case .came(let path, _) = try fetcher.fetch(.product(name)) else {
                missing.append(name)
                continue
            }
            defer { fetcher.forget(path) }
            let product = try ProductLifecycle(path: path, product: name)
            try database.write { try product.write(on: $0) }
            try fetcher.keep(path, as: .product(name))
            count += 1
            progress(Feed.Source.eol.rawValue, count)
        }
        if !missing.isEmpty { warning("eol: the origin has no \(missing.prefix(10).joined(separator: ", "))") }
        guard count > 0 else { return .missing("the origin has none of the \(names.count) products in use") }
        return .updated(records: count, newest: nil, stamp)
    }
}

/// The package URLs under which endoflife.date knows products (`/identifiers/purl`): `identifier` and `product.name` of each of
/// `result`.
struct ProductNames {
    private static let limit = 100_000

    /// Products by package URLs without version and qualifiers.
    private(set) var products: [String: Set<String>] = [:]

    init(path: String, from address: String) throws(FeedError) {
        do {
            try JSONFile.read(path) { (json) throws(JSONError) in
                try json.beginObject()
                while try json.nextKey() {
                    if json.keyEquals("result") { try entries(&json) } else { try json.skipValue() }
                }
            }
        } catch {
            throw .content(address: address, why: error.description)
        }
        guard !products.isEmpty else { throw .content(address: address, why: "it names no product") }
    }

    /// The part before the version, the qualifiers and the subpath.
    static func base(of purl: String) -> String {
        let path = purl.prefix { $0 != "?" && $0 != "#" }
        let name = path.lastIndex(of: "/") ?? path.startIndex
        return String(path[name...].lastIndex(of: "@").map { path[..<$0] } ?? path)
    }

    private mutating func entries(_ json: inout JSONReader) throws(JSONError) {
        try json.beginArray()
        while try json.nextElement() {
            var (identifier, product) = ("", "")
            try json.beginObject()
            while try json.nextKey() {
                switch json.key() {
                case "identifier": identifier = try json.string()
                case "product":
                    try json.beginObject()
                    while try json.nextKey() {
                        if json.keyEquals("name") { product = try json.string() } else { try json.skipValue() }
                    }
                default: try json.skipValue()
                }
            }
            guard Update.Wish.isEcosystem(product), products.count < Self.limit else { continue }
            products[Self.base(of: identifier), default: []].insert(product)
        }
    }
}
