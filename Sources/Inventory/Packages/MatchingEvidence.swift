/// Facts of a document about a library beside its package URL that affect its names and versions in advisories.
///
/// Documents differ by their generator: `docs/matching.md` lists the fields of each generator. Facts that are absent
/// are empty.
package struct MatchingEvidence: Sendable, Hashable {
    /// The source package that a distribution built the library from.
    package var source: SourcePackage?
    /// The name as the document spells it, for registries that distinguish letters by case where the package URL may not.
    package var name = ""
    /// The version, for a package URL without one.
    package var version = ""

    package static let none = MatchingEvidence()

    package init() {}
}
