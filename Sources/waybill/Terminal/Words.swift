import Bytes

/// Prints a line for a person. The text may contain texts from others.
func say(_ line: String) { print(Deception.forTerminal(line)) }

/// A number with its noun: `1 row`, `2 rows`.
func counted(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    "\(number) \(number == 1 ? one : many ?? one + "s")"
}
