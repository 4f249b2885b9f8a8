extension Migration {
    /// Why people ignore alerts, in words that other programs understand.
    static let alertReasons = Migration(
        name: "alert reasons",
        digests: (
            sqlite: "45825387cdb35f7b57c028e3c0d31e33530ebc12db4696b35e60cf0cce63fd0e",
            postgresql: "b68e31b51a14f5dbbb610d74a5b58606cf5a920aa136f2659adbc760f66e52b1"
        )
    ) { words in
        let text = words.text
        return """
            -- IGNORED by a person: not_affected, false_positive, will_not_fix or workaround, and with the first why, as
            -- CycloneDX's analysis.justification. Empty where none was given, which means will_not_fix.
            ALTER TABLE alert ADD COLUMN reason \(text) NOT NULL DEFAULT '';
            ALTER TABLE alert ADD COLUMN justification \(text) NOT NULL DEFAULT '';

            """
    }
}
