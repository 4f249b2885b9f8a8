/// The kind of a library, in the two spellings of Mend's reports.
///
/// Names that occur in the reference are used as they are (`Java`, `.NET`, `javascript/Node.js`, `Python`, `Source
/// Library`, `Unknown Library`, `MAVEN_ARTIFACT`). The others are Waybill's own and follow the same pattern.
package enum LibraryType: String, Sendable, CaseIterable {
    case maven, npm, pypi, golang, nuget, gem, composer, cargo
    case deb, rpm, alpine, arch
    case cocoapods, swift, pub, hex, conda, conan, cran, cpan, hackage, opam, luarocks, julia, bower
    case container, githubAction, huggingFace, source, unknown

    /// The type of the library of a package URL; nil as a key means "no package URL".
    package init(purlType: String?) {
        self =
            switch purlType {
            case "maven", "clojars": .maven
            case "npm": .npm
            case "pypi": .pypi
            case "golang": .golang
            case "nuget", "chocolatey": .nuget
            case "gem": .gem
            case "composer": .composer
            case "cargo": .cargo
            case "deb": .deb
            case "rpm": .rpm
            case "apk": .alpine
            case "alpm": .arch
            case "cocoapods": .cocoapods
            case "swift": .swift
            case "pub": .pub
            case "hex", "otp": .hex
            case "conda": .conda
            case "conan": .conan
            case "cran", "bioconductor": .cran
            case "cpan": .cpan
            case "hackage": .hackage
            case "opam": .opam
            case "luarocks": .luarocks
            case "julia": .julia
            case "bower": .bower
            case "docker", "oci": .container
            case "githubactions": .githubAction
            case "huggingface", "mlflow": .huggingFace
            case "github", "gitlab", "bitbucket", "generic", "git": .source
            default: .unknown
            }
    }

    /// The type that API clients call by this name in `libraryType` (`maven`, `.net`, `ruby`, `go`, …); nil for an
    /// unknown name.
    package init?(clientName: String) {
        switch clientName.lowercased() {
        case "maven", "java": self = .maven
        case "npm", "cdnjs", "javascript", "javascript/node.js": self = .npm
        case "pypi", "python": self = .pypi
        case "go", "golang": self = .golang
        case "nuget", ".net": self = .nuget
        case "ruby", "gem": self = .gem
        case "php", "composer": self = .composer
        case "rust", "cargo", "crate": self = .cargo
        case "debian", "deb": self = .deb
        case "rpm": self = .rpm
        case "alpine", "apk": self = .alpine
        case "ocaml": self = .opam
        case "r": self = .cran
        default:
            guard let type = Self(rawValue: clientName.lowercased()) else { return nil }
            self = type
        }
    }

    /// The constants of the types that a name in `libraryType` means; none for an unknown name.
    package static func constants(named name: String) -> [String] {
        if let type = LibraryType(clientName: name) { return [type.constant] }
        return allCases.filter { $0.constant.lowercased() == name.lowercased() }.map(\.constant)
    }

    /// The `type` of inventory and alert reports.
    package var displayName: String {
        switch self {
        case .maven: "Java"
        case .npm: "javascript/Node.js"
        case .pypi: "Python"
        case .golang: "Go"
        case .nuget: ".NET"
        case .gem: "Ruby"
        case .composer: "PHP"
        case .cargo: "Rust"
        case .deb: "Debian"
        case .rpm: "RPM"
        case .alpine: "Alpine"
        case .arch: "Arch Linux"
        case .cocoapods: "CocoaPods"
        case .swift: "Swift"
        case .pub: "Dart"
        case .hex: "Erlang/Elixir"
        case .conda: "Conda"
        case .conan: "C/C++"
        case .cran: "R"
        case .cpan: "Perl"
        case .hackage: "Haskell"
        case .opam: "OCaml"
        case .luarocks: "Lua"
        case .julia: "Julia"
        case .bower: "Bower"
        case .container: "Docker Image"
        case .githubAction: "GitHub Action"
        case .huggingFace: "Hugging Face"
        case .source: "Source Library"
        case .unknown: "Unknown Library"
        }
    }

    /// The constant for `library.type` in vulnerability reports.
    package var constant: String {
        switch self {
        case .maven: "MAVEN_ARTIFACT"
        case .npm: "NODE_PACKAGED_MODULE"
        case .pypi: "PYTHON_PACKAGE"
        case .golang: "GO_PACKAGE"
        case .nuget: "NUGET_PACKAGE_MODULE"
        case .gem: "RUBY_GEM"
        case .composer: "PHP_PACKAGE"
        case .cargo: "RUST_CRATE"
        case .deb: "DEBIAN_PACKAGE"
        case .rpm: "RPM_PACKAGE"
        case .alpine: "ALPINE_PACKAGE"
        case .arch: "ARCH_PACKAGE"
        case .cocoapods: "COCOAPODS_PACKAGE"
        case .swift: "SWIFT_PACKAGE"
        case .pub: "DART_PACKAGE"
        case .hex: "HEX_PACKAGE"
        case .conda: "CONDA_PACKAGE"
        case .conan: "CONAN_PACKAGE"
        case .cran: "R_PACKAGE"
        case .cpan: "PERL_PACKAGE"
        case .hackage: "HASKELL_PACKAGE"
        case .opam: "OCAML_PACKAGE"
        case .luarocks: "LUA_PACKAGE"
        case .julia: "JULIA_PACKAGE"
        case .bower: "BOWER_PACKAGE"
        case .container: "DOCKER_IMAGE"
        case .githubAction: "GITHUB_ACTION"
        case .huggingFace: "HUGGING_FACE_MODEL"
        case .source: "SOURCE_LIBRARY"
        case .unknown: "UNKNOWN_ARTIFACT"
        }
    }
}
