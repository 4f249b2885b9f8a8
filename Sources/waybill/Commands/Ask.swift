import API
import Bytes
import Reports

extension Command {
    private static let fields = Question.Field.allCases.map(\.rawValue).joined(separator: ", ")

    static let ask = Command(
        words: ["ask"], operands: "QUESTION",
        summary: "Shows where something is, how it got there and what fixes it.",
        flags: [
            .org, Flag("as", "FIELD", "what the question is: \(fields) (q: what it looks like)"),
            Flag("severity", "LEVEL", "only with a vulnerability of this severity; several: with commas between"),
            Flag("exploited", nil, "only with a vulnerability that a list calls exploited"),
            Flag("product", "NAME", "only in this product, by name or token; several times: in one of these"),
            Flag("project", "NAME", "only in this project, by name or token; several times: in one of these"),
            Flag("limit", "N", "at most so many (1000)"),
        ] + Flag.remote
    ) { arguments, configuration in
        let limit = try configuration.number("limit", in: 1...1_000_000, default: 1000)
        let question: Question
        do {
            question = try asked(arguments, configuration)
        } catch let error as QuestionError {
            throw UsageError(description: error.description)
        }
        let workplace = try configuration.workplace()
        let answer: Question.Answer
        do {
            answer = try workplace.answer(to: question, limit: limit)
        } catch let error as QuestionError {
            throw UsageError(description: error.description)
        }
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.objects("items", answer.items) { $0.members(of: $1) }
                    if let next = answer.next { $0.text("next", next) }
                })
        } else {
            TextTable(headings: headings, rows: answer.items.map(cells)).print()
            if answer.items.isEmpty { complain("nothing was found\n") }
        }
        if answer.next != nil { complain("there are more; --limit shows them\n") }
    }

    private static func asked(_ arguments: Arguments, _ configuration: Configuration) throws -> Question {
        // Words need no quotation marks around them.
        let text = arguments.operands.joined(separator: " ")
        guard !text.isEmpty else {
            throw UsageError(description: "no QUESTION is given; accepted: \(Question.Field.words.accepted)")
        }
        let word = arguments["as"] ?? Question.Field.words.rawValue
        guard let field = Question.Field(rawValue: word) else {
            throw UsageError(description: "--as is \(word); accepted: \(fields)")
        }
        var question = try Question(field, text)
        if let levels = arguments["severity"] {
            let words = Question.Filters.severityWords
            question.filters.severities = levels.lowercased().split(separator: ",").map { String($0).trimmingBlanks() }
            guard question.filters.severities.allSatisfy(words.contains), !question.filters.severities.isEmpty else {
                throw UsageError(description: "--severity is \(levels); accepted: \(words.joined(separator: ", "))")
            }
        }
        if arguments.has("exploited") { question.filters.isExploited = true }
        question.filters.products = arguments.all("product")
        question.filters.projects = arguments.all("project")
        return question
    }

    private static let headings = ["PRODUCT", "PROJECT", "LIBRARY", "VERSION", "SINCE", "FIX", "DECISION", "PATH"]

    private static func cells(of item: Question.Item) -> [String] {
        [
            item.product, item.project, item.library, item.version ?? "", item.since.map { TimeText.date($0) } ?? "",
            item.fix ?? "", item.decision ?? "", item.path?.joined(separator: " > ") ?? "",
        ]
    }
}
