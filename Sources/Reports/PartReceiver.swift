package import Bytes
package import Database

// DESIGN. A production makes files and does not know their destination or container. The receiver of its parts does: the
// asynchronous door packs them into a ZIP, the synchronous one keeps the only part as it is.

/// Takes the files of a report, one after the other.
///
///     let parts = ZIPParts(to: destination)
///     let write = try parts.begin("Shop-product-Inventory-report.csv")
///     try bytes.withBytes(write)
///     try parts.end()
///     try parts.finish()
///
/// A receiver belongs to one production and is called by one thread at a time: by the calling thread for documents, by the
/// production's own thread for tables. After an error no further method is called, not even `finish`.
package protocol PartReceiver {
    /// Makes the receiver of a report, on the thread that uses it, once the scope's facts are read.
    typealias Maker = @Sendable (ScopeFacts) throws -> any PartReceiver

    /// Begins a part with this file name; its bytes go where this returns, until `end`.
    func begin(_ name: String) throws(SinkError) -> ByteSink.Destination
    /// Ends the part that was begun.
    func end() throws(SinkError)
    /// Ends the report: all parts were given.
    func finish() throws(SinkError)
}

/// Packs the parts of a report into a ZIP.
package struct ZIPParts: PartReceiver {
    /// The time of all entries: 1980-01-01, the earliest that a ZIP can say. When data was imported is no part of it, so that databases which
    /// were filled by the same steps make the same bytes.
    private static let time: Int64 = 315_532_800_000

    private let zip: ZIPWriter

    /// - Parameter destination: takes the ZIP.
    package init(to destination: @escaping ByteSink.SharedDestination) {
        zip = ZIPWriter(
            time: Self.time, level: .quick, isLarge: true, to: { bytes throws(SinkError) in try destination(bytes) })
    }

    package func begin(_ name: String) throws(SinkError) -> ByteSink.Destination { try zip.begin(name) }
    package func end() throws(SinkError) { _ = try zip.end() }
    package func finish() throws(SinkError) { _ = try zip.finish() }
}
