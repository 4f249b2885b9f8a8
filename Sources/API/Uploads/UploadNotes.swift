import Bytes
import Jobs
import Reports

extension Job {
    /// What whoever asked for a report should know of the request; empty for all other jobs.
    var requestNotes: [String] {
        // A poll reads the request only where there is something to say.
        guard kind == .report, request.contains("\"unknown\":") else { return [] }
        return (try? ReportRequest(json: request))?.notes ?? []
    }

    /// What the import of an upload found odd, as its result has it; empty for all other jobs.
    var warnings: [String] {
        guard kind == .intake, state == .success, !result.isEmpty else { return [] }
        var json = JSONReader(result.utf8)
        var warnings: [String] = []
        do throws(JSONError) {
            try json.beginObject()
            while try json.nextKey() {
                guard json.keyEquals("warnings") else {
                    try json.skipValue()
                    continue
                }
                try json.beginArray()
                while try json.nextElement() { warnings.append(try json.string()) }
            }
        } catch {
            // The result is for people; a poll answers without it.
            return ["the warnings of this import cannot be read: \(error)"]
        }
        return warnings
    }
}
