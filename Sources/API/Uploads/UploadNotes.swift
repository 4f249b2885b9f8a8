import Bytes
package import Jobs
import Reports

extension Job {
    /// Notes about the request for the user who asked for a report; empty for all other jobs.
    package var requestNotes: [String] {
        // A poll reads the request only where there is something to say.
        guard kind == .report, ReportRequest.mayHaveNotes(json: request) else { return [] }
        do {
            return try ReportRequest(json: request).notes
        } catch {
            // A poll answers without it, as below.
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
            // The result is for people; a poll answers without it.
            return ["the warnings of this import cannot be read: \(error)"]
        }
    }

    /// The token of the project that an upload went to; nil for all other jobs, and where the result cannot be read, which
    /// `warnings` reports.
    package var projectToken: String? {
        try? member("projectToken") { (json: inout JSONReader) throws(JSONError) -> String in try json.string() }
    }

    /// A member of the result of an upload that is in; nil for all other jobs.
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
