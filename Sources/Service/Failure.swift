/// The reason why something cannot be done, in words for the person at the terminal.
package struct Failure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
