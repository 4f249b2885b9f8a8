// swift-tools-version: 6.2
import PackageDescription

/// Settings that every Swift target of Waybill shares.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    .swiftLanguageMode(.v6),
]

/// A Swift target and the test target that mirrors it, which sees the same modules and those of `tests`; `notCode` are folders
/// of the tests that the compiler leaves alone.
///
/// These lists are the map of docs/flow.md. `make test` fails when a target imports a module that it does not list.
func module(
    _ name: String, _ dependencies: [Target.Dependency], tests: [Target.Dependency] = [], notCode: [String] = []
) -> [Target] {
    [
        .target(name: name, dependencies: dependencies, swiftSettings: settings),
        .testTarget(
            name: "\(name)Tests",
            dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies + tests,
            exclude: notCode,
            swiftSettings: settings),
    ]
}

/// The targets of `make fuzz`, with flags that no other target has.
let fuzzing: [Target] =
    Context.environment["WAYBILL_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "fuzz", dependencies: ["BOM"], path: "Tests/Fuzz", exclude: ["words.txt"], swiftSettings: settings)
    ]

let package = Package(
    name: "waybill",
    products: [.executable(name: "waybill", targets: ["waybill"])],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(
            name: "CPango", pkgConfig: "pangoft2", providers: [.apt(["libpango1.0-dev", "libharfbuzz-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Without pkg-config: the file of libcjose-dev asks for one of libjansson-dev, which that package does not bring.
        .systemLibrary(name: "CCJose", providers: [.apt(["libcjose-dev"])]),
        .target(name: "CMicrohttpd", linkerSettings: [.linkedLibrary("microhttpd")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        .target(
            name: "TestSupport", dependencies: ["Database", "Intake", "Jobs", "HTTP", "Bytes", "CCJose"],
            path: "Tests/TestSupport", swiftSettings: settings),
        .executableTarget(
            name: "waybill",
            dependencies: [
                "API", "BOM", "Bytes", "Database", "Feeds", "HTTP", "Intake", "Inventory", "Jobs", "OpenID", "Outbound",
                "Reports",
                "Service", "Store",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "waybillTests", dependencies: ["TestSupport", "API", "Bytes", "Database", "HTTP"],
            swiftSettings: settings),
    ]
        + fuzzing
        + module("Inventory", ["Bytes", "CRE2"])
        + module("Bytes", ["CZlib", "CLZMA", "CZstd", "CISAL", "CPango", "CCrypto", "CLibXML2", "CLibYAML"])
        + module("HTTP", ["Bytes", "CMicrohttpd"])
        + module("Database", ["CSQLite", "CPostgreSQL", "Bytes", "Inventory"])
        + module("BOM", ["Inventory", "Bytes"])
        + module("VEX", ["BOM", "Inventory", "Bytes"])
        + module("Intake", ["Database", "VEX", "BOM", "Inventory", "Bytes", "Jobs"])
        + module("Reports", ["Database", "VEX", "BOM", "Inventory", "Bytes"], notCode: ["Golden"])
        + module("Jobs", ["Bytes", "Database"])
        + module("Outbound", ["Bytes", "CCurl"])
        + module("OpenID", ["Outbound", "Bytes", "CCJose"], tests: ["HTTP"])
        + module("Store", ["Bytes", "Outbound"])
        + module("Feeds", ["Outbound", "Intake", "Database", "Inventory", "Bytes"])
        + module(
            "API", ["HTTP", "OpenID", "Reports", "Intake", "Jobs", "Database", "BOM", "Inventory", "Bytes"],
            tests: ["Console", "Service"])
        + module(
            "Console", ["API", "OpenID", "HTTP", "Reports", "Jobs", "Database", "Inventory", "Bytes"], tests: ["CCJose"]
        )
        + module(
            "Service",
            [
                "Console", "API", "OpenID", "Reports", "Feeds", "Intake", "Jobs", "Store", "Outbound", "HTTP",
                "Database", "Inventory", "Bytes",
            ]),
    cxxLanguageStandard: .cxx17
)
