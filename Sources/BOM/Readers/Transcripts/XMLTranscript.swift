import Bytes

/// Converts an XML document to the JSON form, an element at a time. Elements and attributes of other namespaces are left
/// out.
final class XMLTranscript: XMLHandler {
    private let vocabulary: XMLVocabulary
    /// The part of the document's namespace before the version.
    private let namespacePrefix: String
    private let out: Transcript
    private var frames: [Frame] = []
    /// The text of the innermost element.
    private var text: [UInt8] = []
    /// Above 0 inside an element that is left out.
    private var skipped = 0
    private var rules: [RuleKey: XMLVocabulary.Rule] = [:]
    /// The namespaces that were checked already.
    private var namespaces: [UnsafePointer<UInt8>?: Bool] = [:]
    private(set) var failure: JSONError?

    private init(_ vocabulary: XMLVocabulary, namespacePrefix: String, out: Transcript) {
        self.vocabulary = vocabulary
        self.namespacePrefix = namespacePrefix
        self.out = out
    }

    /// A source of the JSON form of XML, which comes from another source.
    static func source(
        _ vocabulary: XMLVocabulary, namespacePrefix: String = "", of xml: @escaping JSONReader.Source
    ) -> JSONReader.Source {
        let pieces = Pieces(xml)
        var reading: (handler: XMLTranscript, parser: XMLParser)?
        return Transcript.source { (out) throws(JSONError) in
            let handler = reading?.handler ?? XMLTranscript(vocabulary, namespacePrefix: namespacePrefix, out: out)
            let parser = reading?.parser ?? XMLParser(handler)
            reading = (handler, parser)
            let piece = try pieces.next()
            do throws(XMLError) {
                try parser.parse(piece)
            } catch {
                throw .transcript("\(error)")
            }
            if let failure = handler.failure { throw failure }
            return !piece.isEmpty
        }
    }

    /// An element whose end was not read yet.
    private struct Frame {
        enum State {
            /// It has had only text so far.
            case open
            case object
            case list
            /// Its text counts, its elements do not.
            case text
            /// Neither text nor elements count any more.
            case closed
        }
        let name: XMLElement.Name
        var shape: XMLShape
        var state = State.open
        var isEmpty = true
        /// The repeated element whose array is being written.
        var array: XMLElement.Name?
        /// The brackets around the element, which its end adds.
        var tail: StaticString = ""
        var isInList = false
    }

    private struct RuleKey: Hashable {
        let parent: XMLElement.Name?
        let name: XMLElement.Name
    }

    // MARK: - Elements

    func start(_ element: XMLElement) {
        if frames.isEmpty, skipped == 0 { return root(element) }
        guard skipped == 0, failure == nil, isOurs(element.namespace), let rule = place(element) else {
            skipped += 1
            return
        }
        text.removeAll(keepingCapacity: true)
        var frame = Frame(name: element.name, shape: rule.shape)
        frame.isInList = frames.last?.state == .list
        if case .nested(let key) = rule.shape {
            out.json.append("{\"")
            out.json.append(key)
            out.json.append("\":")
            frame.tail = "}"
            frame.shape = .any
        }
        switch frame.shape {
        case .list:
            out.json.append("[")
            frame.state = .list
        case .reference:
            string(element.attribute("ref") ?? "")
            frame.state = .closed
        case .content, .attachment:
            out.json.append("{")
            frame.state = .object
            attributes(of: element, in: &frame)
        case .any:
            if element.attributeCount > 0 { attributes(of: element, in: &frame) }
        case .text, .number, .boolean: frame.state = .text
        case .spilled: frame.state = .text
        case .tools, .nested: break
        }
        frames.append(frame)
    }

    /// Writes the comma and the key before the value of an element; nil when the element is not allowed here.
    private func place(_ element: XMLElement) -> XMLVocabulary.Rule? {
        guard let last = frames.indices.last else { return nil }
        var rule = rule(for: element, in: frames[last].name)
        switch frames[last].state {
        case .text, .closed: return nil
        case .open:
            if case .tools = frames[last].shape, element.nameText == "tool" {
                out.json.append("[")
                frames[last].state = .list
            } else {
                out.json.append("{")
                frames[last].state = .object
            }
        case .object, .list: break
        }
        if frames[last].state == .list {
            comma(in: &frames[last])
            if case .list(of: let shape?) = frames[last].shape { rule.shape = shape }
            return rule
        }
        if rule.isRepeated, frames[last].array == element.name {
            out.json.append(",")
            return rule
        }
        closeArray(of: &frames[last])
        if case .spilled = rule.shape {
            for index in 0..<element.attributeCount {
                element.withAttribute(index) { name, space, value in
                    if space == nil { member(name, value, in: &frames[last]) }
                }
            }
        }
        comma(in: &frames[last])
        out.json.append(rule.key)
        if rule.isRepeated {
            out.json.append("[")
            frames[last].array = element.name
        }
        return rule
    }

    /// The outermost element is the object of the document.
    private func root(_ element: XMLElement) {
        out.json.append("{")
        var frame = Frame(name: element.name, shape: .any, state: .object)
        if !vocabulary.prologue.isEmpty {
            let version = element.namespaceText.dropFirst(namespacePrefix.count)
            let quoted = version.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") }
            out.json.append(
                raw: vocabulary.prologue.split(separator: "$", omittingEmptySubsequences: false).joined(
                    separator: quoted))
            frame.isEmpty = false
        }
        for index in 0..<element.attributeCount {
            element.withAttribute(index) { name, space, value in
                if space == nil { member(name, value, in: &frame) }
            }
        }
        frames.append(frame)
    }

    private func attributes(of element: XMLElement, in frame: inout Frame) {
        for index in 0..<element.attributeCount {
            element.withAttribute(index) { name, space, value in
                guard space == nil else { return }
                if frame.state == .open {
                    out.json.append("{")
                    frame.state = .object
                }
                member(name, value, in: &frame)
            }
        }
    }

    private func member(_ name: XMLElement.Name, _ value: UnsafeRawBufferPointer, in frame: inout Frame) {
        let rule = rule(forName: name, in: frame.name)
        comma(in: &frame)
        out.json.append(rule.key)
        let bytes = Array(value)
        switch rule.shape {
        case .number: out.number(bytes[...])
        case .boolean: out.boolean(bytes[...])
        case .any, .text, .list, .reference, .content, .attachment, .nested, .tools, .spilled: out.string(bytes[...])
        }
    }

    func text(_ piece: UnsafeRawBufferPointer) {
        guard skipped == 0, let frame = frames.last, frame.state != .list, frame.state != .closed else { return }
        guard text.count + piece.count <= JSONReader.tokenLimit else {
            failure = failure ?? .tooLong(limit: JSONReader.tokenLimit, offset: 0)
            return
        }
        text.append(contentsOf: piece)
    }

    func end() {
        if skipped > 0 {
            skipped -= 1
            return
        }
        guard var frame = frames.popLast(), failure == nil else { return }
        closeArray(of: &frame)
        switch frame.shape {
        case .content(let key) where frame.state == .object:
            comma(in: &frame)
            out.json.append("\"")
            out.json.append(key)
            out.json.append("\":")
            out.string(trimmed)
            out.json.append("}")
        case .attachment where frame.state == .object:
            comma(in: &frame)
            out.json.append("\"content\":")
            out.string(text[...])
            out.json.append("}")
        case .number: out.number(trimmed)
        case .boolean: out.boolean(trimmed)
        case .text: out.string(text[...])
        case .spilled: out.string(trimmed)
        case .any, .tools, .content, .attachment, .list, .reference, .nested: endOpen(&frame)
        }
        out.json.append(frame.tail)
        text.removeAll(keepingCapacity: true)
    }

    private func endOpen(_ frame: inout Frame) {
        switch frame.state {
        case .open:
            // An empty element gives null in an object; in a list it gives an empty object, which readers expect.
            if !trimmed.isEmpty {
                out.string(trimmed)
            } else {
                out.json.append(frame.isInList && frame.tail.utf8CodeUnitCount == 0 ? "{}" : "null")
            }
        case .object:
            // In all schemas, text between elements consists of blanks; beside attributes, text is the value.
            if !trimmed.isEmpty, !frames.isEmpty {
                comma(in: &frame)
                out.json.append(rule(forName: frame.name, in: frame.name).key)
                out.string(trimmed)
            }
            out.json.append("}")
        case .list: out.json.append("]")
        case .text, .closed: break
        }
    }

    // MARK: - Pieces

    private var trimmed: [UInt8].SubSequence {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return text[first...last]
    }

    private func string(_ value: String) { out.json.append(jsonString: value) }

    private func comma(in frame: inout Frame) {
        if !frame.isEmpty { out.json.append(",") }
        frame.isEmpty = false
    }

    private func closeArray(of frame: inout Frame) {
        if frame.array != nil { out.json.append("]") }
        frame.array = nil
    }

    private func isOurs(_ namespace: XMLElement.Name?) -> Bool {
        if let known = namespaces[namespace] { return known }
        let text = namespace.map { String(cString: $0) } ?? ""
        // The extension of CycloneDX 1.1 has the elements of 1.2.
        let isOurs =
            text.isEmpty || text.hasPrefix(namespacePrefix) && !namespacePrefix.isEmpty
            || text == "http://cyclonedx.org/schema/ext/dependency-graph/1.0" || namespacePrefix.isEmpty
        namespaces[namespace] = isOurs
        return isOurs
    }

    private func rule(for element: XMLElement, in parent: XMLElement.Name) -> XMLVocabulary.Rule {
        rule(forName: element.name, in: parent)
    }

    /// There are few names and pointers to them stay valid, so each pair is looked up once.
    private func rule(forName name: XMLElement.Name, in parent: XMLElement.Name) -> XMLVocabulary.Rule {
        let key = RuleKey(parent: parent, name: name)
        if let rule = rules[key] { return rule }
        let rule = vocabulary.rule(for: String(cString: name), in: String(cString: parent))
        rules[key] = rule
        return rule
    }
}
