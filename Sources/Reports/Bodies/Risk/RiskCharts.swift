import Bytes

// DESIGN. Charts of vectors. Every part also shows its number as text.

extension DocumentPage {
    /// One bar.
    struct Bar {
        let label: String
        /// The parts of the bar from the left, each with its colour.
        let parts: [(value: Int, color: PDFColor)]
        /// The text after the bar.
        let note: String

        var value: Int { parts.reduce(0) { $0 + $1.value } }
    }

    /// Draws bars from the left, one below the other, in one scale.
    mutating func bars(_ bars: [Bar], labelShare: Double = 0.32) throws {
        let most = Double(max(1, bars.map(\.value).max() ?? 1))
        let (label, note) = (width * labelShare, 74.0)
        let room = width - label - note - 12
        canvas.begin(.figure(bars.map { "\($0.label): \($0.note)" }.joined(separator: ", ")))
        for bar in bars {
            try need(19)
            let text = canvas.shape(bar.label, .init(size: 8.5, width: label - 6, isOneLine: true))
            canvas.draw(text, at: PDFPoint(Self.margin, y + 7 - text.height / 2))
            var x = Self.margin + label
            let begin = x
            for part in bar.parts where part.value > 0 {
                let length = max(0.8, Double(part.value) / most * room)
                canvas.fill(PDFRectangle(x: x, y: y, width: length, height: 13), part.color)
                x += length
            }
            if x > begin {
                canvas.stroke(
                    PDFPath(PDFRectangle(x: begin, y: y, width: x - begin, height: 13)), Self.ink, width: 0.35)
            }
            let behind = canvas.shape(bar.note, .init(size: 8.5, width: note + room - (x - begin), isOneLine: true))
            canvas.draw(behind, at: PDFPoint(x + 5, y + 7 - behind.height / 2), color: Self.ink)
            y += 18
        }
        canvas.end()
        y += 4
    }

    /// The legend of the colours of severities.
    mutating func legend(of severities: [ShownSeverity]) throws {
        try need(16)
        var x = Self.margin
        for severity in severities {
            canvas.fill(PDFRectangle(x: x, y: y + 1, width: 9, height: 9), severity.color)
            canvas.stroke(PDFPath(PDFRectangle(x: x, y: y + 1, width: 9, height: 9)), Self.ink, width: 0.35)
            canvas.begin(.paragraph)
            let text = canvas.draw(severity.rawValue, at: PDFPoint(x + 13, y), .init(size: 8.2))
            canvas.end()
            x += text.width + 30
        }
        y += 16
    }

    /// A number with its unit, in a row of similar boxes.
    struct Figure {
        let value: String
        let label: String
    }

    mutating func figures(_ figures: [Figure]) throws {
        let (gap, height) = (10.0, 58.0)
        let box = (width - gap * Double(figures.count - 1)) / Double(max(1, figures.count))
        try need(height)
        for (place, figure) in figures.enumerated() {
            let x = Self.margin + Double(place) * (box + gap)
            canvas.fill(PDFRectangle(x: x, y: y, width: box, height: height), .gray(0.955))
            canvas.begin(.paragraph)
            canvas.draw(
                figure.value, at: PDFPoint(x + 8, y + 7),
                .init(size: 20, isBold: true, width: box - 16, isOneLine: true), color: Self.ink)
            canvas.end()
            canvas.begin(.paragraph)
            canvas.draw(
                figure.label, at: PDFPoint(x + 8, y + 34), .init(size: 8, width: box - 16, maximumHeight: 22),
                color: Self.gray)
            canvas.end()
        }
        y += height + 10
    }

    /// A share of a whole as a ring, with the percentage in the middle and words at its right.
    mutating func share(_ part: Int, of whole: Int, _ words: String, color: PDFColor) throws {
        try need(58)
        let center = PDFPoint(Self.margin + 27, y + 27)
        let share = whole > 0 ? Double(part) / Double(whole) : 0
        func ring(from: Double, to: Double, _ color: PDFColor) {
            var path = PDFPath()
            path.arc(center: center, radius: 21, from: from, to: to)
            canvas.stroke(path, color, width: 9)
        }
        let top = -Double.pi / 2
        ring(from: top, to: top + 2 * .pi, .gray(0.9))
        if share > 0 { ring(from: top, to: top + 2 * .pi * min(1, share), color) }
        canvas.begin(.paragraph)
        let text = canvas.shape(Self.percent(share), .init(size: 9, isBold: true))
        canvas.draw(text, at: PDFPoint(center.x - text.width / 2, center.y - text.height / 2), color: Self.ink)
        canvas.end()
        canvas.begin(.paragraph)
        let says = canvas.shape(words, .init(size: 9.5, width: width - 72, maximumHeight: 50))
        canvas.draw(says, at: PDFPoint(Self.margin + 66, center.y - says.height / 2))
        canvas.end()
        y += 60
    }

    /// The share in whole percent; a share above 0 is never shown as 0.
    static func percent(_ share: Double) -> String {
        let whole = (share * 100).rounded()
        if share > 0, whole == 0 { return "<1 %" }
        if share < 1, whole == 100 { return ">99 %" }
        return "\(Int(whole)) %"
    }

    /// Draws two lines over days, each in the values of one axis.
    mutating func lines(
        days: [String], _ first: (name: String, values: [Int]), _ second: (name: String, values: [Int])
    ) throws {
        let height = 150.0
        try need(height + 44)
        let (left, right) = (Self.margin + 34, Self.margin + width - 34)
        let base = y + 18 + height
        canvas.begin(.figure("\(days.first ?? "") to \(days.last ?? ""): \(Self.words(first)); \(Self.words(second))"))
        defer { canvas.end() }
        for step in 0...4 {
            let level = base - height * Double(step) / 4
            canvas.line(from: PDFPoint(left, level), to: PDFPoint(right, level), Self.rule, width: 0.4)
        }
        func draw(_ series: (name: String, values: [Int]), _ color: PDFColor, dashes: [Double], isLeft: Bool) {
            let most = Self.ceiling(series.values.max() ?? 0)
            for step in 0...4 {
                let level = base - height * Double(step) / 4
                let text = canvas.shape("\(most * step / 4)", .init(size: 7.5))
                let x = isLeft ? left - 5 - text.width : right + 5
                canvas.draw(text, at: PDFPoint(x, level - text.height / 2), color: color)
            }
            let name = canvas.shape(series.name, .init(size: 8, isBold: true))
            canvas.draw(
                name, at: PDFPoint(isLeft ? Self.margin : Self.margin + width - name.width, y), color: color)
            var path = PDFPath()
            for (place, value) in series.values.enumerated() {
                let x = left + (right - left) * Double(place) / Double(max(1, series.values.count - 1))
                let point = PDFPoint(x, base - height * Double(value) / Double(most))
                if place == 0 { path.move(to: point) } else { path.line(to: point) }
                canvas.fill(PDFRectangle(x: point.x - 1.6, y: point.y - 1.6, width: 3.2, height: 3.2), color)
            }
            canvas.stroke(path, color, width: 1.4, dashes: dashes)
        }
        draw(first, ShownSeverity.high.color, dashes: [], isLeft: true)
        draw(second, Self.ink, dashes: [4, 2.5], isLeft: false)
        // The labels of as many days as fit.
        let step = max(1, (days.count + 6) / 7)
        for place in stride(from: 0, to: days.count, by: step) {
            let x = left + (right - left) * Double(place) / Double(max(1, days.count - 1))
            let text = canvas.shape(days[place], .init(size: 7.2))
            let begin = min(max(Self.margin, x - text.width / 2), Self.margin + width - text.width)
            canvas.draw(text, at: PDFPoint(begin, base + 5), color: Self.gray)
        }
        y = base + 24
    }

    /// A line in words, for people who use a screen reader.
    private static func words(_ series: (name: String, values: [Int])) -> String {
        "\(series.name) from \(series.values.first ?? 0) to \(series.values.last ?? 0), at most \(series.values.max() ?? 0)"
    }

    /// A round number that is at least as large and divisible by four: 4, 8, 20, 40, 80, 200, …
    static func ceiling(_ value: Int) -> Int {
        var scale = 1
        while scale < 1 << 50 {
            for base in [4, 8, 20] where base * scale >= value { return base * scale }
            scale *= 10
        }
        return value
    }
}
