package import Bytes

/// Settings that only the doors for uploads need.
package struct UploadSettings: Sendable {
    /// The longest body, in bytes.
    package static let defaultLimit = 256 << 20
    /// How many times as long as the longest body the JSON in an agent's body may be.
    package static let expansion = 4

    /// The longest body, in bytes.
    package var limit: Int
    /// The folder of uploads that have a job (`IntakeJob.spoolFolder` of the data folder), on the file system that keeps
    /// them.
    package var folder: String

    /// The bytes that stay free on the disk of `folder`.
    package var reserve: DiskReserve

    package init(
        limit: Int = UploadSettings.defaultLimit, folder: String,
        reserve: DiskReserve = DiskReserve(percent: 0, least: 0)
    ) {
        self.limit = limit
        self.folder = folder
        self.reserve = reserve
    }

    /// A file of the folder that leaves the reserve alone.
    func file(named name: String) throws(SinkError) -> DurableFile {
        try DurableFile(path: "\(folder)/\(name)") { [self] in reserve.allows($0, in: folder) }
    }
}
