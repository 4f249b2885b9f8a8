package import Bytes
package import Database

// DESIGN. A production makes files without knowing their destination or container. The receiver of the parts knows both:
// the asynchronous door packs them into a ZIP, the synchronous door keeps the only part as a file.

/// Takes the files of a report, one after the other.
///
///     let parts = ZIPParts(to: destination)
///     let write = try parts.begin("Shop-product-Inventory-report.csv")
///     try bytes.withBytes(write)
///     try parts.end()
///     try parts.finish()
///
/// A receiver belongs to one production and ends with it. One thread at a time calls it: the calling thread for
/// documents, the production's own thread for tables. Errors are `SinkError`s and end the production. After an error no
/// further method is called, not even `finish`. A receiver must not call its production.
package protocol PartReceiver {
    /// Makes the receiver of a report after the scope's facts were read, on the thread that will use the receiver.
    typealias Maker = @Sendable (ScopeFacts) throws -> any PartReceiver

    /// Begins a part with this file name. The part's bytes go to the returned sink until `end`.
    func begin(_ name: String) throws(SinkError) -> ByteSink.Destination
    /// Ends the current part.
    func end() throws(SinkError)
    /// Ends the report after its last part.
    func finish() throws(SinkError)
}

/// Packs the parts of a report into a ZIP.
package struct ZIPParts: PartReceiver {
    /// The time of all entries: 1980-01-01, the earliest that a ZIP can express. The time of an import has no effect, so
    /// databases that were filled by the same steps give the same bytes.
    private static let time: Int64 = 315_532_800_000

    private let zip: ZIPWriter

    /// - Parameter destination: receives the ZIP.
    package init(to destination: @escaping ByteSink.SharedDestination) {
        zip = ZIPWriter(
            time: Self.time, level: .quick, isLarge: true, to: { bytes throws(SinkError) in try destination(bytes) })
    }

    package func begin(_ name: String) throws(SinkError) -> ByteSink.Destination { try zip.begin(name) }
    package func end() throws(SinkError) { _ = try zip.end() }
    package func finish() throws(SinkError) { _ = try zip.finish() }
}
