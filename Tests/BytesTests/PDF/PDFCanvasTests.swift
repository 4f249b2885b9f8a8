import Bytes
import Foundation
import Testing

@Suite struct PDFCanvasTests {
    private static let description = PDFCanvas.Description(
        title: "Risk (\u{4E2D}\u{6587})", author: "Ana \\ Ü", created: "2024-05-01T12:00:00Z")

    /// Three pages with every kind of content.
    private static func document() throws -> PDFDocument {
        try PDFDocument { file in
            var canvas = try PDFCanvas(description, size: .a4)
            for page in 1...3 {
                canvas.begin(.paragraph)
                canvas.draw("Page body \(page)", at: PDFPoint(40, 40), .init(size: 12, isBold: true))
                canvas.fill(PDFRectangle(x: 40, y: 100, width: 50, height: 20), .gray(0.8))
                var pie = PDFPath()
                pie.move(to: PDFPoint(200, 200))
                pie.arc(center: PDFPoint(200, 200), radius: 40, from: 0, to: 1.5)
                pie.close()
                canvas.fill(pie, PDFColor(red: 0.7, green: 0.1, blue: 0.1))
                canvas.stroke(pie, .black, width: 1, dashes: [2, 1])
                canvas.line(from: PDFPoint(40, 300), to: PDFPoint(200, 300), .black)
                let box = PDFRectangle(x: 40, y: 40, width: 60, height: 14)
                let isLink = canvas.link(box, to: "https://example.org/\(page)")
                #expect(isLink)
                canvas.end()
                let entry = canvas.outline("Part \(page)")
                canvas.outline("Below", below: entry, y: 200)
                canvas.drawPageNumber(at: PDFPoint(40, 800))
                try canvas.endPage(to: &file)
            }
            try canvas.finish(to: &file)
        }
    }

    @Test func aDocumentWithEverythingIsSound() throws {
        let document = try Self.document()
        try document.expectSound()
        #expect(try document.information("Pages") == "3")
        #expect(try document.information("Title") == Self.description.title)
        #expect(try document.information("Author") == "Ana \\ Ü")
        #expect(try document.information("Creator") == "Waybill")
        #expect(try document.information("CreationDate")?.hasPrefix("2024-05-01T12:00:00") == true)
    }

    @Test func eachPageNamesTheTotalThatIsKnownAtTheEnd() throws {
        let document = try Self.document()
        for page in 1...3 {
            let text = try document.text(page: page)
            #expect(text.contains("Page body \(page)"))
            #expect(text.contains("Page \(page) of 3"))
        }
    }

    /// The contents precede the pages whose numbers they show.
    @Test func aPlaceShowsThePageThatItIsOn() throws {
        let document = try PDFDocument { file in
            var canvas = try PDFCanvas(Self.description, size: .a4)
            for (row, name) in ["first", "last", "nowhere"].enumerated() {
                let y = 40 + 20 * Double(row)
                canvas.draw("To \(name):", at: PDFPoint(40, y), .init(size: 9))
                canvas.drawPageNumber(ofPlace: name, endingAt: PDFPoint(300, y + 8))
            }
            for page in 1...12 {
                if page == 2 { canvas.place("first", y: 100) }
                if page == 12 { canvas.place("last", y: 100) }
                canvas.draw("Page", at: PDFPoint(40, 400), .init(size: 9))
                try canvas.endPage(to: &file)
            }
            try canvas.finish(to: &file)
        }
        try document.expectSound()
        let words = try document.text(page: 1).split(whereSeparator: \.isWhitespace)
        #expect(words == ["To", "first:", "2", "To", "last:", "12", "To", "nowhere:", "Page"])
    }

    @Test func linksAndOutlineAreThere() throws {
        let document = try Self.document()
        let text = try document.plain()
        for page in 1...3 { #expect(text.contains("/URI (https://example.org/\(page))")) }
        #expect(text.components(separatedBy: "/Annots [").count == 4)
        #expect(text.components(separatedBy: "/Title (Part").count == 4)
        #expect(text.components(separatedBy: "/Title (Below)").count == 4)
        #expect(text.contains("/Outlines"))
    }

    @Test func sameCallsGiveSameBytes() throws {
        #expect(try Self.document().bytes == Self.document().bytes)
    }

    @Test func aDocumentWithoutNumbersOrLinksIsSound() throws {
        let document = try PDFDocument { file in
            var canvas = try PDFCanvas(Self.description)
            canvas.draw("Alone", at: PDFPoint(10, 10), .init(size: 9))
            try canvas.endPage(to: &file)
            try canvas.finish(to: &file)
        }
        try document.expectSound()
        #expect(try document.text().contains("Alone"))
    }

    @Test(arguments: [
        "javascript:alert(1)", "file:///etc/passwd", "http:", "http://", "https:///x", "ftp://example.org/", "",
        "https://example.org/a b", "https://example.org/\u{0}", "https://example.org/\n", " https://example.org",
        "https://example.org/" + String(repeating: "a", count: 3000),
    ])
    func whatIsNoWebAddressIsNoLink(_ address: String) throws {
        var canvas = try PDFCanvas(Self.description)
        let isLink = canvas.link(PDFRectangle(x: 0, y: 0, width: 9, height: 9), to: address)
        #expect(!isLink)
    }

    @Test func anAddressCannotLeaveItsString() throws {
        let document = try PDFDocument { file in
            var canvas = try PDFCanvas(Self.description)
            canvas.draw("x", at: PDFPoint(10, 10), .init(size: 9))
            canvas.link(
                PDFRectangle(x: 0, y: 0, width: 9, height: 9), to: "HTTPS://e\u{F6}.org/)/S/JavaScript(\\'")
            try canvas.endPage(to: &file)
            try canvas.finish(to: &file)
        }
        try document.expectSound()
        #expect(try document.plain().contains("/URI (HTTPS://e%C3%B6.org/%29/S/JavaScript%28%5C%27)"))
    }

    @Test func textIsMeasuredWrappedAndCut() throws {
        let canvas = try PDFCanvas(Self.description)
        let words = String(repeating: "word ", count: 40)
        let line = canvas.shape(words, .init(size: 10))
        let wrapped = canvas.shape(words, .init(size: 10, width: 100))
        #expect(line.width > 500 && line.height < 20)
        #expect(wrapped.width <= 100 && wrapped.height > 5 * line.height)
        #expect(!wrapped.isCut)
        let cut = canvas.shape(words, .init(size: 10, width: 100, maximumHeight: 3 * line.height + 1))
        #expect(cut.isCut && cut.height <= 3 * line.height + 1)
        let one = canvas.shape(words, .init(size: 10, width: 100, isOneLine: true))
        #expect(one.isCut && abs(one.height - line.height) < 0.1 && one.width <= 100)
        // A word without a place to break is broken anywhere.
        let digest = canvas.shape(String(repeating: "0123456789abcdef", count: 4), .init(size: 10, width: 80))
        #expect(digest.width <= 80 && digest.height > 3 * line.height)
        let right = canvas.shape("7", .init(size: 10, alignment: .right, width: 100))
        #expect(right.left > 90 && right.left + right.width <= 100.01)
    }
}
