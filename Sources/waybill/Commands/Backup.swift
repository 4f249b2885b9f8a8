import Bytes
import Database
import Glibc
import Service

extension Command {
    static let backup = Command(
        words: ["backup"], operands: "FILE",
        summary: "Writes all data to one file, while servers run.",
        flags: [Flag("with-artifacts", nil, "put the artifacts into the file, too")]
    ) { arguments, configuration in
        let file = try backupFile(arguments)
        let url = try configuration.databaseURL()
        let data = url.sqlitePath.map { Folder.of($0) } ?? configuration.dataDirectory()
        if let path = url.sqlitePath, access(path, R_OK) != 0 { throw Failure("there is no database at \(path)") }
        let database = try url.open()
        defer { database.close() }
        let store =
            arguments.has("with-artifacts")
            ? try configuration.artifactStore(
                at: configuration["artifacts"] ?? "file:\(configuration.dataDirectory())/artifacts")
            : nil
        let outcome = try file.write(from: url, database, folder: data, store: store)
        print(arguments.has("json") ? outcome.json : "\(file.path):\n\(outcome.text)")
    }

    static let restore = Command(
        words: ["restore"], operands: "FILE",
        summary: "Fills an empty database and the artifact store from a backup.",
        flags: []
    ) { arguments, configuration in
        let file = try backupFile(arguments)
        // Checked before anything is made.
        try file.check()
        let directory = try DataDirectory(configuration.dataDirectory())
        try directory.lock()
        let database = try configuration.databaseURL().open()
        defer { database.close() }
        let outcome = try file.restore(to: database, store: try configuration.artifactStore())
        print(arguments.has("json") ? outcome.json : outcome.text)
    }

    private static func backupFile(_ arguments: Arguments) throws -> BackupFile {
        guard arguments.operands.count == 1 else { throw UsageError(description: "one FILE is wanted") }
        return BackupFile(path: arguments.operands[0], progress: CopyProgress(isQuiet: arguments.has("json")).watcher)
    }
}
