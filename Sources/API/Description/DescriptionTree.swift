import Bytes

/// A JSON value that is written down in the program: for descriptions, which are made once.
indirect enum DescriptionTree {
    case text(String)
    case whole(Int64)
    case decimal(Double)
    case flag(Bool)
    case list([DescriptionTree])
    case object([(String, DescriptionTree)])

    var json: String {
        var sink = ByteSink()
        write(to: &sink)
        return sink.text
    }

    /// The members of an object and some behind them.
    func adding(_ more: [(String, DescriptionTree)]) -> DescriptionTree {
        guard case .object(let members) = self else { return self }
        return .object(members + more)
    }

    static func texts(_ values: [String]) -> DescriptionTree { .list(values.map { .text($0) }) }

    private func write(to sink: inout ByteSink) {
        switch self {
        case .text(let text): sink.append(jsonString: text)
        case .whole(let number): sink.append(decimal: number)
        case .decimal(let number): sink.append(jsonNumber: number)
        case .flag(let flag): sink.append(raw: flag ? "true" : "false")
        case .list(let values):
            sink.append(UInt8(ascii: "["))
            for (place, value) in values.enumerated() {
                if place > 0 { sink.append(UInt8(ascii: ",")) }
                value.write(to: &sink)
            }
            sink.append(UInt8(ascii: "]"))
        case .object(let members):
            sink.append(UInt8(ascii: "{"))
            for (place, (name, value)) in members.enumerated() {
                if place > 0 { sink.append(UInt8(ascii: ",")) }
                sink.append(jsonString: name)
                sink.append(UInt8(ascii: ":"))
                value.write(to: &sink)
            }
            sink.append(UInt8(ascii: "}"))
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
