import Glibc

/// A colour of words on a terminal. Colours are off elsewhere, and also where `NO_COLOR` (https://no-color.org) or `TERM=dumb`
/// is set.
enum Colour: Int {
    case red = 31
    case green = 32
    case yellow = 33

    private static let isShown =
        isatty(1) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
        && getenv("TERM").map { String(cString: $0) } != "dumb"

    func on(_ text: String) -> String { Self.isShown ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text }
}
