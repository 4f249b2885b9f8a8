extension Migration {
    /// The projects of a product with their revisions, from an index alone: whoever keeps sums sees which projects changed.
    static let projectRevisions = Migration(
        name: "project revisions",
        digests: (
            sqlite: "f4067ac172d6be77084a76529514f035988b2bceb936cc751cb18eb105e0cb22",
            postgresql: "f4067ac172d6be77084a76529514f035988b2bceb936cc751cb18eb105e0cb22"
        )
    ) { _ in
        """
        CREATE INDEX project_revision ON project (product, revision, id);

        """
    }
}
