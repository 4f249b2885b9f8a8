package import Database

/// What a copy came to.
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
        if uploads > 0 { lines.append("\(uploads) uploads that wait to be imported") }
        lines.append(artifacts?.text ?? "artifacts stay where they are")
        return lines.joined(separator: "\n")
    }

    package var json: String {
        let tally = artifacts ?? ArtifactTally()
        return """
            {"tables":\(tables.count),"rows":\(rows),"uploads":\(uploads),"artifacts":{"copied":\(tally.copied),\
            "bytes":\(tally.bytes),"present":\(tally.present),"missing":\(tally.missing)}}
            """
    }
}
