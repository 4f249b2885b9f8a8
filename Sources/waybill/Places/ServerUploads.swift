import API
import Bytes
import Database
import Glibc
import Intake
import Jobs
import Outbound
import Service

extension ServerPlace {
    /// Uploads a document and waits until its import has ended.
    func bring(_ document: ImportFile, isQuiet: Bool) throws -> Imported {
        let organization = try organization()
        var form = [OutboundRequest.FormField("orgToken", .text(organization.token))]
        switch document.kind {
        case .sbom:
            form += [("autoCreate", "true"), ("parentName", document.product)].map { .init($0.0, .text($0.1)) }
            for (name, text) in [("projectName", document.project), ("projectVersion", document.projectVersion)]
            where !text.isEmpty { form.append(.init(name, .text(text))) }
        case .vex: if let project = document.about { form.append(.init("project", .text(project.token))) }
        }
        let isInput = document.file == "-"
        let path = isInput ? try spooledInput() : try Command.regularFile(document.file)
        defer { if isInput { unlink(path) } }
        // Standard input has no name that a project could get.
        let name = isInput ? "" : path.split(separator: "/").last.map(String.init) ?? ""
        let field = document.kind == .sbom ? "bom" : "vex"
        form.append(.init(field, .file(path: path, name: name)))
        let process: Process
        do {
            let upload: UploadAnswer = try server.post(form, to: "/api/v1/\(field)")
            process = try watched(upload.token, in: organization.token, label: isQuiet ? nil : document.label)
        } catch let error as ServerError {
            throw Failure("\(document.label): \(error)")
        }
        guard try Self.state(of: process.answer) == .success, let imported = process.answer.imported else {
            throw Failure(
                "\(document.label): \(process.answer.errorMessage ?? "the server does not say what became of it")")
        }
        return Imported(
            result: imported.result, json: try process.json.member("imported", of: "asyncProcessStatus") ?? "{}")
    }

    /// Polls, and shows a line on the terminal.
    ///
    /// - Parameter label: the label of the line; nil for no line.
    private func watched(_ uuid: String, in organization: String, label: String?) throws -> Process {
        let rows = Count()
        let ticker = label.map { Ticker(label: $0, count: { rows.value }) }
        defer { ticker?.stop() }
        return try finished(uuid, in: organization) { rows.value = $0.rowsDone ?? 0 }
    }

    /// Copies standard input into a file; the caller deletes the file.
    private func spooledInput() throws -> String {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let file = try DurableFile(path: "\(folder)/waybill-\(try Randomness.system.uuid())")
        try StandardInput.copy(to: file)
        try file.publish()
        return file.path
    }
}
