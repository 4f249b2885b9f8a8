import Bytes
package import Database

/// The result of a copy.
package struct CopyOutcome: Sendable {
    package let tables: [TableState]
    package let uploads: Int
    package let artifacts: ArtifactTally?

    package init(tables: [TableState], uploads: Int, artifacts: ArtifactTally?) {
        self.tables = tables
        self.uploads = uploads
        self.artifacts = artifacts
    }

    private var rows: Int64 { tables.reduce(0) { $0 + $1.rows } }

    package var text: String {
        var lines = ["\(rows) rows in \(tables.count) tables copied and compared"]
        if uploads > 0 {
            let (documents, wait) = uploads == 1 ? ("document", "waits") : ("documents", "wait")
            lines.append("\(uploads) uploaded \(documents) that \(wait) to be imported, or failed and can be retried")
        }
        lines.append(artifacts?.text ?? "artifacts stay where they are")
        lines.append("\(SecretKey.fileName) is not in it: keep it apart, webhooks need it")
        return lines.joined(separator: "\n")
    }

    package var json: String {
        let tally = artifacts ?? ArtifactTally()
        return JSONWriter.object {
            $0.number("tables", tables.count)
            $0.number("rows", rows)
            $0.number("uploads", uploads)
            $0.object("artifacts") {
                $0.number("copied", tally.copied)
                $0.number("bytes", tally.bytes)
                $0.number("present", tally.present)
                $0.number("missing", tally.missing)
            }
        }
    }
}
