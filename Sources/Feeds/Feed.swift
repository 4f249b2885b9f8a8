import Bytes

// DESIGN. A source is data: its name, its address, its format, its interval, its owner, and the size of its largest answer. The
// fetching code knows no source, and the reading code knows no server. docs/feeds.md is made from the same facts, with the
// public page of each source.

/// A source of knowledge that updates import.
package struct Feed: Sendable {
    package enum Source: String, Sendable, CaseIterable { case osv, licenses, kev, euvd, epss, versions, eol }

    package let source: Source
    package let title: String
    /// The publisher's page about it.
    package let page: String
    /// The owner of the data and the terms of its licence, for people who redistribute it.
    package let licence: String
    package let attribution: String
    /// The milliseconds between two checks of a server with automatic updates; publishers do not write more often.
    package let rest: Int64
    /// The milliseconds without a successful update after which the stored data are outdated.
    package let life: Int64
    /// Whether an update without named sources includes it. False if the requests would show a third party which
    /// packages are in use.
    package var isAsked = true

    package static let all: [Feed] = [.osv, .licenses, .kev, .euvd, .epss, .versions, .eol]

    package static func of(_ source: Source) -> Feed {
        switch source {
        case .osv: .osv
        case .licenses: .licenses
        case .kev: .kev
        case .euvd: .euvd
        case .epss: .epss
        case .versions: .versions
        case .eol: .eol
        }
    }

    /// The milliseconds for which a source, or a part of one such as `osv/npm`, is current; nil for an unknown name.
    package static func life(of name: String) -> Int64? {
        Source(rawValue: String(name.prefix { $0 != "/" })).map { of($0).life }
    }

    private static let hour: Int64 = 3_600_000

    static let osv = Feed(
        source: .osv, title: "advisories (OSV)", page: "https://google.github.io/osv.dev/data/",
        licence: "that of each database: CC-BY-4.0, CC0-1.0, MIT, Apache-2.0, BSD, CC-BY-SA-4.0 (docs/feeds.md)",
        attribution: "OSV.dev and the databases that it gathers", rest: hour, life: 3 * TimeText.day)
    static let licenses = Feed(
        source: .licenses, title: "texts of licences (SPDX)", page: "https://github.com/spdx/license-list-data",
        licence: "CC0-1.0 for the list; each text is its author's", attribution: "The SPDX License List",
        rest: 24 * hour, life: 60 * TimeText.day)
    static let kev = Feed(
        source: .kev, title: "exploited vulnerabilities (CISA KEV)",
        page: "https://www.cisa.gov/known-exploited-vulnerabilities-catalog", licence: "CC0-1.0",
        attribution: "CISA Known Exploited Vulnerabilities Catalog", rest: hour, life: 3 * TimeText.day)
    static let euvd = Feed(
        source: .euvd, title: "exploited vulnerabilities (EUVD)", page: "https://euvd.enisa.europa.eu/apidoc",
        licence: "CC-BY-4.0", attribution: "ENISA, European Vulnerability Database", rest: 6 * hour,
        life: 3 * TimeText.day)
    static let epss = Feed(
        source: .epss, title: "likelihood of exploitation (EPSS)", page: "https://www.first.org/epss/data_stats",
        licence: "free use with attribution", attribution: "FIRST, Exploit Prediction Scoring System",
        rest: 6 * hour, life: 4 * TimeText.day)
    static let versions = Feed(
        source: .versions, title: "versions of packages (deps.dev)", page: "https://docs.deps.dev/api/v3/",
        licence: "CC-BY-4.0", attribution: "deps.dev", rest: 24 * hour, life: 30 * TimeText.day, isAsked: false)
    static let eol = Feed(
        source: .eol, title: "end of life (endoflife.date)", page: "https://endoflife.date/docs/api/v1/",
        licence: "MIT", attribution: "endoflife.date", rest: 24 * hour, life: 30 * TimeText.day)
}

/// A file of a source: its path in a mirror, its address, and its format.
package struct FeedFile: Sendable, Equatable {
    package enum Content: Sendable { case json, csv, zip, gzip }

    /// The path in a mirror, below its root: `osv/npm/all.zip`.
    package let path: String
    package let address: String
    package let content: Content
    /// The most bytes of the file.
    package let limit: Int64

    /// Whether a broken transfer continues: the received bytes are kept, and only the rest is requested. Other contents are
    /// transferred in compressed form, so the number of received bytes is no position in the file.
    var isResumed: Bool { content == .zip || content == .gzip }
}

extension FeedFile {
    private static let mebibyte: Int64 = 1 << 20

    // MARK: OSV: google.github.io/osv.dev/data ("Data dumps")

    private static func osv(_ name: String, _ ecosystem: String, _ content: Content, _ limit: Int64) -> FeedFile {
        FeedFile(
            path: "osv/\(ecosystem)/\(name)",
            address:
                "https://osv-vulnerabilities.storage.googleapis.com/\(ecosystem.percentEncoded)/\(name.percentEncoded)",
            content: content, limit: limit)
    }

    /// All records of an ecosystem.
    static func advisories(of ecosystem: String) -> FeedFile { osv("all.zip", ecosystem, .zip, 4096 * mebibyte) }
    /// `time,id` of each record of an ecosystem, the newest first.
    static func changes(of ecosystem: String) -> FeedFile { osv("modified_id.csv", ecosystem, .csv, 256 * mebibyte) }
    static func advisory(_ id: String, of ecosystem: String) -> FeedFile {
        osv("\(id).json", ecosystem, .json, 64 * mebibyte)
    }

    // MARK: SPDX: the folder `json` of github.com/spdx/license-list-data

    private static func spdx(_ name: String) -> FeedFile {
        let address = "https://raw.githubusercontent.com/spdx/license-list-data/main/json/\(name)"
        return FeedFile(path: "licenses/\(name)", address: address, content: .json, limit: 16 * mebibyte)
    }

    static let licenseList = spdx("licenses.json")
    static let exceptionList = spdx("exceptions.json")
    static func license(_ id: String) -> FeedFile { spdx("details/\(id).json") }
    static func exception(_ id: String) -> FeedFile { spdx("exceptions/\(id).json") }

    // MARK: What is one file each

    static let kev = FeedFile(
        path: "kev/known_exploited_vulnerabilities.json",
        address: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        content: .json, limit: 64 * mebibyte)
    static let epss = FeedFile(
        path: "epss/epss_scores-current.csv.gz",
        address: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz", content: .gzip, limit: 256 * mebibyte)
    /// A mirror has it in one piece; the publisher answers in pages.
    static let euvd = FeedFile(
        path: "euvd/exploited.json", address: euvdPage(0).address, content: .json, limit: 256 * mebibyte)

    static let euvdPageSize = 100
    static func euvdPage(_ number: Int) -> FeedFile {
        FeedFile(
            path: "euvd/exploited-\(number).json",
            address:
                "https://euvdservices.enisa.europa.eu/api/search?exploited=true&size=\(euvdPageSize)&page=\(number)",
            content: .json, limit: 16 * mebibyte)
    }

    // MARK: What is asked for packages and products in use

    /// deps.dev's answer for a package (docs.deps.dev/api/v3, GetPackage).
    static func releases(system: String, name: String) -> FeedFile {
        FeedFile(
            path: "versions/\(system)-\(name.percentEncoded).json",
            address: "https://api.deps.dev/v3/systems/\(system)/packages/\(name.percentEncoded)", content: .json,
            limit: 64 * mebibyte)
    }

    /// All releases of a mirror, one package a line.
    static let allReleases = FeedFile(
        path: "versions/all.jsonl", address: "", content: .json, limit: 4096 * mebibyte)

    /// The package URLs of products (endoflife.date/docs/api/v1).
    static let products = FeedFile(
        path: "eol/identifiers/purl.json", address: "https://endoflife.date/api/v1/identifiers/purl", content: .json,
        limit: 16 * mebibyte)
    static func product(_ name: String) -> FeedFile {
        FeedFile(
            path: "eol/\(name).json", address: "https://endoflife.date/api/v1/products/\(name.percentEncoded)",
            content: .json, limit: 16 * mebibyte)
    }
}
