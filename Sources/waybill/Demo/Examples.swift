import Bytes
import Glibc
import Service

/// The made-up SBOMs, advisories and statements of the demonstration: the folder `Examples` of the sources, which the package
/// installs in `/usr/share/waybill`.
struct Examples {
    private static let packaged = "/usr/share/waybill/Examples"

    let folder: String

    /// Finds the folder: the given one, or the packaged one, or that of the sources that the program was built from.
    init(named: String?) throws(Failure) {
        let candidates = named.map { [$0] } ?? [Self.packaged] + Self.aboveProgram
        guard let found = candidates.first(where: { Folder.names(in: "\($0)/sboms") != nil }) else {
            throw Failure(
                """
                the made-up examples are not at \(named ?? "\(Self.packaged), nor above this program"); --examples names the folder \
                Examples of Waybill's sources
                """)
        }
        folder = found
    }

    /// The possible folders of the sources, from the folder of the program upwards.
    private static var aboveProgram: [String] {
        var programs: [String] = []
        // The path of the call: the sources may be above a link to the program.
        if let called = CommandLine.arguments.first, called.contains("/") {
            if called.hasPrefix("/") {
                programs.append(called)
            } else if let here = getcwd(nil, 0) {
                programs.append("\(String(cString: here))/\(called)")
                free(here)
            }
        }
        if let program = realpath("/proc/self/exe", nil) {
            programs.append(String(cString: program))
            free(program)
        }
        return programs.flatMap { program in
            var (place, places) = (program, [String]())
            // .build/x86_64-unknown-linux-gnu/release/waybill
            for _ in 0..<5 {
                place = Folder.of(place)
                places.append("\(place)/Examples")
            }
            return places
        }
    }

    var sboms: [String] { files("sboms") }
    var statements: [String] { files("vex") }
    var advisories: String { "\(folder)/advisories" }

    private func files(_ name: String) -> [String] {
        (Folder.names(in: "\(folder)/\(name)") ?? []).filter { $0.hasSuffix(".json") }.sorted().map {
            "\(folder)/\(name)/\($0)"
        }
    }
}
