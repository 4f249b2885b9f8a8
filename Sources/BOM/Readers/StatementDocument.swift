package import Bytes

// DESIGN. Statements about vulnerabilities (VEX) come inside a bill of materials, or in a document of a separate dialect. One
// place recognizes and unpacks documents of both kinds. The readers of the dialects are in a target above BOM.

/// A document that contains only statements about vulnerabilities; its content decides.
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

    /// Reads the document from its beginning; may be called any number of times.
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

    /// Recognizes a file, which may be packed.
    package static func recognize(file path: String) throws(BOMError) -> Recognized {
        let (document, syntax) = try Packing.unpack(DocumentFile(path: path)) { (_) throws(BOMError) in }
        switch syntax.content {
        case .bom(let standard): return .bom(standard)
        case .statements(let dialect): return .statements(StatementDocument(dialect, document, syntax.form))
        }
    }
}
