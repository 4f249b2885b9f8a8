import Glibc

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

    /// 0 is black, 1 is white.
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
    /// A Bézier curve from the current point.
    struct Curve: Sendable {
        let first: PDFPoint
        let second: PDFPoint
        let end: PDFPoint
    }

    enum Element: Sendable {
        case move(PDFPoint)
        case line(PDFPoint)
        case curve(Curve)
        /// Adds a part of a circle as curves, from its first point.
        case arc(PDFPoint, [Curve])
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
        elements.append(.curve(Curve(first: first, second: second, end: end)))
    }
    /// Adds a part of a circle, clockwise; angles are in radians, 0 points to the right. A line connects the current
    /// point with its first point.
    package mutating func arc(center: PDFPoint, radius: Double, from: Double, to: Double) {
        func point(_ angle: Double, _ offset: Double = 0) -> PDFPoint {
            PDFPoint(
                center.x + radius * (cos(angle) - offset * sin(angle)),
                center.y + radius * (sin(angle) + offset * cos(angle)))
        }
        // One curve for at most a quarter of the circle differs by less than 0.03 % of the radius.
        let count = max(1, Int(((to - from).magnitude / (.pi / 2) - 1e-9).rounded(.up)))
        let step = (to - from) / Double(count)
        let reach = 4 / 3 * tan(step / 4)
        let curves = (0..<count).map { index in
            let (begin, end) = (from + step * Double(index), from + step * Double(index + 1))
            return Curve(first: point(begin, reach), second: point(end, -reach), end: point(end))
        }
        elements.append(.arc(point(from), curves))
    }
    package mutating func close() { elements.append(.close) }
}
