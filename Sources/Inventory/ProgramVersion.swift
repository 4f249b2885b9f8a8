/// The version of this program, as documents and answers name it.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
