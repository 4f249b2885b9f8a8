import Bytes
import Intake
import Service

/// The imports of one command, one after the other, with their messages.
struct ImportAccount {
    private var imported: [Imported] = []
    /// The products before the import; nil if new ones are not reported, or the key may not know.
    private let known: Set<String>?

    init(known: Set<String>?) { self.known = known }

    var results: [Intake.Result] { imported.map(\.result) }

    mutating func add(_ result: Imported) { imported.append(result) }

    /// Imports independent files: a file that cannot be imported is named on standard error, and the others are imported.
    /// Throws when a file was not imported, or the usage is wrong.
    ///
    /// - Parameter finally: prints the numbers of imported records; not called when no file could be imported.
    mutating func each(
        of files: [String], _ body: (inout ImportAccount, String) throws -> Void,
        finally: (ImportAccount) throws -> Void
    ) throws {
        var failed: [any Error] = []
        for file in files {
            do {
                try body(&self, file)
            } catch let error as UsageError {
                throw error
            } catch {
                failed.append(error)
                if files.count > 1 { complain("\(error)\n") }
            }
        }
        if !imported.isEmpty || failed.isEmpty { try finally(self) }
        guard let first = failed.first else { return }
        if files.count == 1 { throw first }
        throw Failure("\(failed.count) of \(files.count) files were not imported; the reasons stand above")
    }

    /// Prints the result of the imports.
    func tell(_ arguments: Arguments) {
        if arguments.has("json") {
            let json = JSONWriter.object {
                $0.key("projects")
                $0.array(imported) { $0.raw($1.json) }
            }
            return print(json)
        }
        for result in results {
            say("\(result.product) / \(result.project): \(counted(result.libraries, "library", "libraries"))")
            print("  productToken \(result.productToken)\n  projectToken \(result.projectToken)")
            for warning in result.warnings { say("  warning: \(warning)") }
        }
        guard var known else { return }
        // A mistyped name makes a product, too.
        for result in results where known.insert(result.productToken).inserted {
            say("made the product \(result.product)")
        }
    }
}
