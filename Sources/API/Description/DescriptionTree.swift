import Bytes

/// A JSON value that is written in the program, for descriptions, which are made once.
indirect enum DescriptionTree {
    case text(String)
    case whole(Int64)
    case decimal(Double)
    case flag(Bool)
    case list([DescriptionTree])
    case object([(String, DescriptionTree)])

    var json: String {
        var json = JSONWriter()
        write(to: &json)
        return json.text
    }

    /// The members of an object, with some more at the end.
    func adding(_ more: [(String, DescriptionTree)]) -> DescriptionTree {
        guard case .object(let members) = self else { return self }
        return .object(members + more)
    }

    static func texts(_ values: [String]) -> DescriptionTree { .list(values.map { .text($0) }) }

    private func write(to json: inout JSONWriter) {
        switch self {
        case .text(let text): json.text(text)
        case .whole(let number): json.number(number)
        case .decimal(let number): json.decimal(number)
        case .flag(let flag): json.flag(flag)
        case .list(let values): json.array(values) { $1.write(to: &$0) }
        case .object(let members):
            json.object { json in
                for (name, value) in members {
                    json.key(named: name)
                    value.write(to: &json)
                }
            }
        }
    }
}

extension DescriptionTree: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .whole(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: DescriptionTree...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, DescriptionTree)...) { self = .object(elements) }
}
