/// A colour, each part from 0 to 1.
package struct PDFColor: Sendable, Equatable {
    package var red: Double
    package var green: Double
    package var blue: Double
    package var alpha: Double

    package init(red: Double, green: Double, blue: Double, alpha: Double = 1) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    /// 0 is black, 1 white.
    package static func gray(_ level: Double) -> PDFColor { PDFColor(red: level, green: level, blue: level) }

    package static let black = gray(0)
    package static let white = gray(1)
}

/// A point of a page, in points (1/72 inch) from its top left corner, y downwards.
package struct PDFPoint: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }
}

/// A rectangle of a page; `x` and `y` are its top left corner.
package struct PDFRectangle: Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

/// Lines and curves, to fill or to stroke.
package struct PDFPath: Sendable {
    enum Element: Sendable {
        case move(PDFPoint)
        case line(PDFPoint)
        case curve(PDFPoint, PDFPoint, PDFPoint)
        case arc(center: PDFPoint, radius: Double, from: Double, to: Double)
        case close
    }

    private(set) var elements: [Element] = []

    package init() {}

    package init(_ rectangle: PDFRectangle) {
        move(to: PDFPoint(rectangle.x, rectangle.y))
        line(to: PDFPoint(rectangle.x + rectangle.width, rectangle.y))
        line(to: PDFPoint(rectangle.x + rectangle.width, rectangle.y + rectangle.height))
        line(to: PDFPoint(rectangle.x, rectangle.y + rectangle.height))
        close()
    }

    package mutating func move(to point: PDFPoint) { elements.append(.move(point)) }
    package mutating func line(to point: PDFPoint) { elements.append(.line(point)) }
    /// A Bézier curve.
    package mutating func curve(to end: PDFPoint, control first: PDFPoint, _ second: PDFPoint) {
        elements.append(.curve(first, second, end))
    }
    /// A part of a circle, clockwise; angles in radians, 0 to the right. A line leads from the current point to it.
    package mutating func arc(center: PDFPoint, radius: Double, from: Double, to: Double) {
        elements.append(.arc(center: center, radius: radius, from: from, to: to))
    }
    package mutating func close() { elements.append(.close) }
}
