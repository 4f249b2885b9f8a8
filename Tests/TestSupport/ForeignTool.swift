package import Foundation

/// Programs of other authors, with which tests check Waybill's files.
package enum ForeignTool {
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    /// The path of a program that `make deps-test` installs. Throws when it is missing, because a test without it would prove
    /// less than it claims.
    package static func path(_ name: String, package: String) throws -> String {
        guard let found = find(name) else {
            throw Failed(description: "\(name) is not installed: `make deps-test` installs Debian's package \(package)")
        }
        return found
    }

    /// The path of a program, or nil where it is not installed; for traits of tests that cannot run on every machine.
    package static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether this user may mount file systems, which tests of full and read-only disks need.
    package static let canMount: Bool = {
        guard getuid() == 0, let folder = try? TemporaryFolder() else { return false }
        guard (try? run("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder.url.path])) != nil else {
            return false
        }
        return (try? run("/bin/umount", [folder.url.path])) != nil
    }()

    /// Runs a program to its end and returns its standard output; on failure, throws what it printed.
    @discardableResult
    package static func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // Output goes to files, because pipes fill up when nobody reads.
        let folder = try TemporaryFolder()
        var handles: [FileHandle] = []
        for (name, content) in [("in", input), ("out", Data()), ("err", Data())] {
            let url = URL(fileURLWithPath: folder.path(name))
            try content.write(to: url)
            handles.append(name == "in" ? try FileHandle(forReadingFrom: url) : try FileHandle(forWritingTo: url))
        }
        process.standardInput = handles[0]
        process.standardOutput = handles[1]
        process.standardError = handles[2]
        try process.run()
        process.waitUntilExit()
        let output = try Data(contentsOf: URL(fileURLWithPath: folder.path("out")))
        guard process.terminationStatus == 0 else {
            let errors = try String(contentsOfFile: folder.path("err"), encoding: .utf8)
            throw Failed(
                description:
                    "\(program) \(arguments.prefix(3)): \(errors.suffix(2000))\(String(decoding: output, as: UTF8.self).suffix(1000))"
            )
        }
        return output
    }

    /// Debian's Python if it is installed: others on the path may be scripts that first look for the right version,
    /// which takes longer than most of the work.
    private static let interpreter: [String] =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
        ? ["/usr/bin/python3"] : ["/usr/bin/env", "python3"]

    /// Runs a Python script, which gets `input` on its standard input, and returns its output.
    @discardableResult
    package static func python(_ script: String, _ arguments: [String] = [], input: Data = Data()) throws -> Data {
        try run(interpreter[0], interpreter.dropFirst() + ["-X", "utf8", "-c", script] + arguments, input: input)
    }
}
