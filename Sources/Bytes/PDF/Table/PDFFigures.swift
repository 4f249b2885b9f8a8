/// A number of a summary: `12` over `critical`, with a colour for the word.
package struct PDFFigure: Sendable, Equatable {
    package let value: String
    package let label: String
    package let color: PDFColor?

    package init(_ value: String, _ label: String, color: PDFColor? = nil) {
        self.value = value
        self.label = label
        self.color = color
    }
}

extension PDFCanvas {
    private static let figureHeight = 34.0
    private static let figureGap = 8.0

    /// Draws figures side by side in boxes, in several lines if needed, and returns their total height.
    mutating func draw(figures: [PDFFigure], at point: PDFPoint, width: Double) -> Double {
        var (x, y) = (point.x, point.y)
        for figure in figures {
            let value = shape(figure.value, .init(size: 13, isBold: true, width: width - 24, isOneLine: true))
            let label = shape(figure.label, .init(size: 8, width: width - 24, isOneLine: true))
            let mark = figure.color == nil ? 0 : 11.0
            let box = max(value.width, label.width + mark) + 16
            if x > point.x, x + box > point.x + width {
                x = point.x
                y += Self.figureHeight + Self.figureGap
            }
            let (left, top) = (x, y)
            withoutElement { canvas in
                canvas.fill(
                    PDFRectangle(x: left, y: top, width: box, height: Self.figureHeight), .gray(0.955))
                guard let color = figure.color else { return }
                canvas.draw(square: color, at: PDFPoint(left + 8, top + 21), side: 7)
            }
            begin(.paragraph)
            draw(value, at: PDFPoint(x + 8, y + 3))
            draw(label, at: PDFPoint(x + 8 + mark, y + 20), color: .gray(0.25))
            end()
            x += box + Self.figureGap
        }
        return y + Self.figureHeight - point.y
    }

    /// A filled square with a thin border, which a grey printer shows, too.
    mutating func draw(square color: PDFColor, at point: PDFPoint, side: Double) {
        let box = PDFRectangle(x: point.x, y: point.y, width: side, height: side)
        fill(box, color)
        stroke(PDFPath(box), .gray(0.2), width: 0.3)
    }
}
