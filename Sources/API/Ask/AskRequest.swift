import Bytes
import HTTP
import Reports

/// The parameters of `GET /api/ask`, read and checked.
struct AskRequest: Sendable {
    enum Format: String, CaseIterable, Sendable {
        case json
        case ndjson
        case csv
    }

    /// The other parameters.
    private enum Parameter: String, CaseIterable {
        case orgToken, severity, exploited, product, project, limit, cursor, format
    }

    let question: Question
    /// The token of the organization; nil where the key determines it.
    let orgToken: String?
    let format: Format

    /// The names of the fields for questions, for messages.
    private static let fields = Question.Field.allCases.map(\.rawValue).joined(separator: ", ")

    /// Reads the query of a request. Throws `AskError` with the name of the parameter, its value, and the accepted
    /// values.
    init(_ query: HTTPFields) throws(AskError) {
        do {
            try self.init(reading: query)
        } catch let error as APIError {
            throw .api(error)
        } catch let error as QuestionError {
            throw .api(APIError(question: error))
        } catch {
            // Reading texts throws no other error.
            throw .api(.badValue("\(error)", of: "query", accepted: "the parameters of a question"))
        }
    }

    private init(reading query: HTTPFields) throws {
        let names = Question.Field.allCases.map(\.rawValue) + Parameter.allCases.map(\.rawValue)
        if let unknown = query.pairs.first(where: { !names.contains($0.name) }) {
            throw APIError.badValue(unknown.name, of: "a parameter", accepted: names.joined(separator: ", "))
        }
        func all(_ name: String) -> [String] { query.pairs.filter { $0.name == name }.map(\.value) }
        func one(_ parameter: Parameter, accepted: String) throws -> String? {
            let values = all(parameter.rawValue)
            guard values.count < 2 else {
                throw APIError.badValue(
                    values.joined(separator: ", "), of: parameter.rawValue, accepted: "\(accepted), once")
            }
            return values.first
        }
        let asked = Question.Field.allCases.flatMap { field in all(field.rawValue).map { (field, $0) } }
        guard let (field, text) = asked.first else {
            throw APIError.missing(Self.fields, accepted: "exactly one of these, with what is looked for")
        }
        guard asked.count == 1 else {
            throw APIError.badValue(
                asked.map { $0.0.rawValue }.joined(separator: ", "), of: "the question",
                accepted: "exactly one of \(Self.fields)")
        }
        var question = try Question(field, text)
        question.filters = try Self.filters(
            severity: all("severity"), exploited: one(.exploited, accepted: "true or false"), product: all("product"),
            project: all("project"))
        let limits = "a number from \(Question.limits.lowerBound) to \(Question.limits.upperBound)"
        if let limit = try one(.limit, accepted: limits) {
            guard let number = Int(limit), Question.limits.contains(number) else {
                throw APIError.badValue(limit, of: "limit", accepted: limits)
            }
            question.limit = number
        }
        question.cursor = try one(.cursor, accepted: "`next` of an answer to the same question")
        self.question = question
        orgToken = try one(.orgToken, accepted: "a token, 64 hexadecimal characters")
        let formats = Format.allCases.map(\.rawValue).joined(separator: ", ")
        let format = try one(.format, accepted: formats) ?? Format.json.rawValue
        guard let known = Format(rawValue: format) else {
            throw APIError.badValue(format, of: "format", accepted: formats)
        }
        self.format = known
    }

    /// Filters that accept several values, as repeated parameters or, for severities, separated by commas.
    private static func filters(
        severity: [String], exploited: String?, product: [String], project: [String]
    ) throws -> Question.Filters {
        var filters = Question.Filters()
        let words = Question.Filters.severityWords
        for word in severity.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            let lowered = String(word).trimmingBlanks().lowercased()
            guard words.contains(lowered) else {
                throw APIError.badValue(String(word), of: "severity", accepted: words.joined(separator: ", "))
            }
            if !filters.severities.contains(lowered) { filters.severities.append(lowered) }
        }
        if let exploited {
            guard ["true", "false"].contains(exploited) else {
                throw APIError.badValue(exploited, of: "exploited", accepted: "true or false")
            }
            filters.isExploited = exploited == "true"
        }
        for (name, values) in [("product", product), ("project", project)] {
            let accepted = "names or tokens, at most \(Question.filterLimit)"
            guard values.count <= Question.filterLimit else {
                throw APIError.badValue("\(values.count) values", of: name, accepted: accepted)
            }
            for value in values where value.isEmpty || value.utf8.count > Question.textLimit || value.contains("\0") {
                throw APIError.badValue(value, of: name, accepted: accepted)
            }
        }
        filters.products = product
        filters.projects = project
        return filters
    }
}
