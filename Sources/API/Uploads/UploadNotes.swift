import Bytes
package import Jobs
import Reports

extension Job {
    /// Notes about the request of a report, for its requester; empty for all other jobs.
    package var requestNotes: [String] {
        // A poll reads the request only when there may be notes.
        guard kind == .report, ReportRequest.mayHaveNotes(json: request) else { return [] }
        do {
            return try ReportRequest(json: request).notes
        } catch {
            // A poll answers without the notes, as below.
            return ["the notes about this request cannot be read: \(error)"]
        }
    }

    /// The warnings of an upload's import, from its result; empty for all other jobs.
    package var warnings: [String] {
        do throws(JSONError) {
            return try member("warnings") { (json: inout JSONReader) throws(JSONError) -> [String] in
                var warnings: [String] = []
                try json.beginArray()
                while try json.nextElement() { warnings.append(try json.string()) }
                return warnings
            } ?? []
        } catch {
            // The result is for people, so a poll answers even without it.
            return ["the warnings of this import cannot be read: \(error)"]
        }
    }

    /// The token of the project of an upload; nil for all other jobs, and for an unreadable result, which `warnings`
    /// reports.
    package var projectToken: String? {
        try? member("projectToken") { (json: inout JSONReader) throws(JSONError) -> String in try json.string() }
    }

    /// A member of the result of a finished upload; nil for all other jobs.
    private func member<Value>(
        _ key: StaticString, read: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> Value? {
        guard kind == .intake, state == .success, !result.isEmpty else { return nil }
        var json = JSONReader(result.utf8)
        try json.beginObject()
        while try json.nextKey() {
            if json.keyEquals(key) { return try read(&json) }
            try json.skipValue()
        }
        return nil
    }
}
