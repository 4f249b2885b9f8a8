import Foundation

struct ToolFailed: Error, CustomStringConvertible {
    let description: String
}

/// Runs a program to its end and returns its output; throws when it fails.
func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    // Output goes to files, because pipes fill up when nobody reads.
    let folder = try TemporaryFolder()
    let inputFile = folder.file("in")
    let outputFile = folder.file("out")
    try input.write(to: inputFile)
    try Data().write(to: outputFile)
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    let output = try FileHandle(forWritingTo: outputFile)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    process.waitUntilExit()
    let printed = try Data(contentsOf: outputFile)
    guard process.terminationStatus == 0 else {
        throw ToolFailed(description: "\(program): \(String(decoding: printed.suffix(2000), as: UTF8.self))")
    }
    return printed
}

/// Runs a Python script with `input` on its standard input.
func python(_ script: String, _ arguments: [String] = [], input: Data = Data()) throws -> Data {
    try run("/usr/bin/env", ["python3", "-c", script] + arguments, input: input)
}

/// A folder that is deleted with its last user.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("bytes-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}
