/// Facts about a library that a document gives beside the package URL, and that affect the library's names and
/// versions in advisories.
///
/// Documents differ by their generator: `docs/matching.md` lists the fields of each generator. Absent facts are
/// empty.
package struct MatchingEvidence: Sendable, Hashable {
    /// The source package that a distribution built the library from.
    package var source: SourcePackage?
    /// The name in the document's spelling. Some registries distinguish upper and lower case although the package URL
    /// does not.
    package var name = ""
    /// The version, used where the package URL has none.
    package var version = ""

    package static let none = MatchingEvidence()

    package init() {}
}
