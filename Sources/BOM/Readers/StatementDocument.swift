package import Bytes

// DESIGN. Statements about vulnerabilities (VEX) come inside a bill of materials, or in a document of a dialect of their own. One
// place recognizes documents of both kinds and unpacks them. The readers of the dialects are in a target above this one.

/// A document that holds nothing but statements about vulnerabilities, recognized by its content.
package struct StatementDocument {
    package enum Dialect: String, Sendable, CaseIterable {
        case openVEX = "OpenVEX"
        case csaf = "CSAF"
    }

    package let dialect: Dialect
    private let document: Document
    private let form: BOMReader.Form

    init(_ dialect: Dialect, _ document: Document, _ form: BOMReader.Form) {
        self.dialect = dialect
        self.document = document
        self.form = form
    }

    /// Reads the document from its beginning; may be called as often as it is needed.
    package func reader() throws(BOMError) -> JSONReader {
        JSONReader(window: BOMReader.window, source: form.json(of: try document.source(), warn: { _ in }))
    }
}

extension BOMReader {
    /// The kind of a file.
    package enum Recognized {
        case bom(BOMDocument.Standard)
        case statements(StatementDocument)
    }

    /// Recognizes a file, also inside a package.
    package static func recognize(file path: String) throws(BOMError) -> Recognized {
        let (document, syntax) = try Packing.unpack(DocumentFile(path: path)) { (_) throws(BOMError) in }
        switch syntax.content {
        case .bom(let standard): return .bom(standard)
        case .statements(let dialect): return .statements(StatementDocument(dialect, document, syntax.form))
        }
    }
}
