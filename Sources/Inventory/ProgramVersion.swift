/// The version of this program in documents and answers.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
