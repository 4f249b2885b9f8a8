import Bytes

/// Prints a line for a person. What others wrote may stand in it.
func say(_ line: String) { print(Deception.forTerminal(line)) }

/// A number with its noun: `1 row`, `2 rows`.
func counted(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    "\(number) \(number == 1 ? one : many ?? one + "s")"
}
