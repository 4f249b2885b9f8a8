import CLibXML2

// DESIGN. libxml2's push interface: the caller passes pieces, the handler receives their elements and texts, and no tree
// is built. A document type is refused at its first word, before its content is read. So no entity can be declared, and
// neither an expansion nor a file nor the network is ever reached. libxml2's own limits stay in force (`XML_PARSE_HUGE`
// is off): 256 levels, 10 MB for one attribute, one name or one piece of text.

/// The reason why an XML text could not be read.
package enum XMLError: Error, Equatable, CustomStringConvertible {
    /// The text is not well-formed; with the parser's message.
    case malformed(String, line: Int)
    /// The text has a document type declaration, which could define anything.
    case documentType(line: Int)

    package var description: String {
        switch self {
        case .malformed(let what, let line): "the XML is not well-formed: \(what) in line \(line)"
        case .documentType(let line):
            "the XML has a document type declaration (<!DOCTYPE) in line \(line), which is not read; remove it"
        }
    }
}

/// Takes the elements and texts that an `XMLParser` finds, in the order of the text.
///
///     final class Titles: XMLHandler {
///         var bytes: [UInt8] = []
///         private var isTitle = false
///         func start(_ element: XMLElement) { isTitle = element.nameText == "title" }
///         func text(_ piece: UnsafeRawBufferPointer) { if isTitle { bytes += piece } }
///         func end() { isTitle = false }
///     }
///
/// Calls come on the thread that calls `XMLParser.parse`, before it returns. A handler must not call the parser. Elements and
/// pieces are valid only during the call. A handler cannot throw: it stores its error and checks it after `parse`.
package protocol XMLHandler: AnyObject {
    /// An element begins.
    func start(_ element: XMLElement)
    /// A piece of character data in UTF-8; a text may come in several pieces.
    func text(_ piece: UnsafeRawBufferPointer)
    /// The innermost open element ends.
    func end()
}

/// The start tag of an element, valid during the handler's call.
package struct XMLElement {
    /// A name that the parser stores once: equal names are equal pointers during the life of the parser.
    package typealias Name = UnsafePointer<UInt8>

    /// The name without its prefix.
    package let name: Name
    package let namespace: Name?
    fileprivate let attributes: UnsafeMutablePointer<Name?>?
    package let attributeCount: Int

    package var nameText: String { String(cString: name) }
    package var namespaceText: String { namespace.map { String(cString: $0) } ?? "" }

    /// Lends an attribute: its name without prefix, its namespace, and its value with all references resolved.
    package func withAttribute(_ index: Int, _ body: (Name, Name?, UnsafeRawBufferPointer) -> Void) {
        // Five pointers each: name, prefix, namespace, value, end of the value.
        guard let attributes, let name = attributes[index * 5], let value = attributes[index * 5 + 3],
            let end = attributes[index * 5 + 4]
        else { return }
        body(name, attributes[index * 5 + 2], UnsafeRawBufferPointer(start: value, count: end - value))
    }

    /// The value of an attribute, or nil.
    package func attribute(_ wanted: String, namespace wantedSpace: String = "") -> String? {
        var found: String?
        for index in 0..<attributeCount {
            withAttribute(index) { name, space, value in
                guard String(cString: name) == wanted, (space.map { String(cString: $0) } ?? "") == wantedSpace else {
                    return
                }
                found = String(decoding: value, as: UTF8.self)
            }
        }
        return found
    }
}

/// Reads XML 1.0 with namespaces in any encoding that libxml2 supports, piece by piece.
///
///     let titles = Titles()  // an `XMLHandler`
///     let parser = XMLParser(titles)
///     for piece in pieces { try piece.withUnsafeBytes { try parser.parse($0) } }
///     try parser.parse(UnsafeRawBufferPointer(start: nil, count: 0))  // the end of the text
///
/// A parser belongs to one thread and reads one text. It calls its handler before `parse` returns; the handler must not
/// call the parser. Errors are `XMLError`s with a line; after an error no further call is allowed.
package final class XMLParser {
    private let handler: any XMLHandler
    private let context: xmlParserCtxtPtr?
    private var failure: XMLError?
    private var hasRoot = false
    private var depth = 0

    /// libxml2 initializes itself once, which two threads must not do at a time.
    private static let isReady: Void = xmlInitParser()

    package init(_ handler: some XMLHandler) {
        self.handler = handler
        _ = Self.isReady
        var sax = xmlSAXHandler()
        sax.initialized = XML_SAX2_MAGIC
        sax.startElementNs = { parser, name, _, space, _, _, count, _, attributes in
            guard let name, let parser = XMLParser.of(parser) else { return }
            parser.hasRoot = true
            parser.depth += 1
            parser.handler.start(
                XMLElement(name: name, namespace: space, attributes: attributes, attributeCount: Int(count)))
        }
        sax.endElementNs = { parser, _, _, _ in
            guard let parser = XMLParser.of(parser) else { return }
            parser.depth -= 1
            parser.handler.end()
        }
        sax.characters = Self.characters
        sax.cdataBlock = Self.characters
        sax.ignorableWhitespace = Self.characters
        sax.internalSubset = { parser, _, _, _ in XMLParser.of(parser)?.refuseDocumentType() }
        sax.serror = { parser, error in
            guard let error else { return }
            XMLParser.of(parser)?.note(error.pointee)
        }
        context = xmlCreatePushParserCtxt(&sax, nil, nil, 0, nil)
        // A document without entities of its own has only the five of XML, which libxml2 resolves.
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NOENT.rawValue | XML_PARSE_NONET.rawValue))
        // The context lives only during a call of `parse`, in which `self` is alive.
        context?.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit {
        if let context { xmlFreeParserCtxt(context) }
    }

    /// Reads the next piece; an empty piece ends the text.
    package func parse(_ piece: UnsafeRawBufferPointer) throws(XMLError) {
        let start = piece.baseAddress?.assumingMemoryBound(to: CChar.self)
        let code = xmlParseChunk(context, start, Int32(piece.count), piece.isEmpty ? 1 : 0)
        if let failure { throw failure }
        guard code == 0 || context?.pointee.wellFormed == 1 else {
            throw .malformed("error \(code) of the parser", line: line)
        }
        // When bytes cannot be converted, libxml2 may stop without an error.
        guard !piece.isEmpty || (hasRoot && depth == 0) else {
            throw .malformed("the text ends before its outermost element does", line: line)
        }
    }

    /// The parser's current line.
    package var line: Int { Int(context?.pointee.input?.pointee.line ?? 0) }

    private static let characters: charactersSAXFunc = { parser, text, count in
        guard let text, let parser = of(parser) else { return }
        parser.handler.text(UnsafeRawBufferPointer(start: text, count: Int(count)))
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> XMLParser? {
        pointer.map { Unmanaged<XMLParser>.fromOpaque($0).takeUnretainedValue() }
    }

    private func refuseDocumentType() {
        failure = failure ?? .documentType(line: line)
        xmlStopParser(context)
    }

    private func note(_ error: xmlError) {
        guard failure == nil, error.level == XML_ERR_FATAL else { return }
        let words = error.message.map { String(cString: $0) } ?? "error \(error.code)"
        failure = .malformed(String(words.prefix(300)).trimmingBlanks(), line: Int(error.line))
    }
}
