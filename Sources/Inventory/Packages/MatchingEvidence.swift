/// What a document says of a library beside its package URL, as far as the names and versions in advisories depend on it.
///
/// Documents differ by their generator: `docs/matching.md` lists what each writes where. Empty is what is not said.
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
