import Bytes
import Inventory

extension Command {
    static let version = Command(
        words: ["version"], operands: "", summary: "Prints the version of the program.", flags: []
    ) { arguments, _ in
        let version = ProgramVersion.current
        print(arguments.has("json") ? JSONWriter.object { $0.text("version", version) } : "waybill \(version)")
    }
}
