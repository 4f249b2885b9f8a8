package import Foundation

/// Other people's programs, with which tests look at our files.
package enum ForeignTool {
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    /// The path of a program that `make deps-test` installs; throws where it is missing, as a test that does without it proves
    /// less than it says.
    package static func path(_ name: String, package: String) throws -> String {
        guard let found = find(name) else {
            throw Failed(description: "\(name) is not installed: `make deps-test` installs Debian's package \(package)")
        }
        return found
    }

    /// The path of a program, or nil where it is not installed: for the traits of tests that not every machine can run.
    package static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether this user may mount file systems, as tests of full and of read-only disks do.
    package static let canMount: Bool = {
        guard getuid() == 0, let folder = try? TemporaryFolder() else { return false }
        guard (try? run("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder.url.path])) != nil else {
            return false
        }
        return (try? run("/bin/umount", [folder.url.path])) != nil
    }()

    /// Runs a program to its end and gives its standard output; throws what it printed when it fails.
    @discardableResult
    package static func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // Files, for pipes fill up when nobody reads.
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

    /// Debian's Python where it is there: others on the path may be scripts that look for the right version first, which
    /// takes longer than most of what is asked of them.
    private static let interpreter: [String] =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
        ? ["/usr/bin/python3"] : ["/usr/bin/env", "python3"]

    /// Runs a Python script, which finds `input` on its standard input, and gives what it prints.
    @discardableResult
    package static func python(_ script: String, _ arguments: [String] = [], input: Data = Data()) throws -> Data {
        try run(interpreter[0], interpreter.dropFirst() + ["-X", "utf8", "-c", script] + arguments, input: input)
    }
}
