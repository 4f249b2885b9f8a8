package import Bytes

/// Settings for the upload doors only.
package struct UploadSettings: Sendable {
    /// The longest body, in bytes.
    package static let defaultLimit = 256 << 20
    /// The largest ratio of the JSON in an agent's body to the longest body.
    package static let expansion = 4

    /// The longest body, in bytes.
    package var limit: Int
    /// The folder of uploads with a job (`IntakeJob.spoolFolder` of the data folder), on the file system that stores
    /// them.
    package var folder: String

    /// The bytes that must stay free on the disk of `folder`.
    package var reserve: DiskReserve

    package init(
        limit: Int = UploadSettings.defaultLimit, folder: String,
        reserve: DiskReserve = DiskReserve(percent: 0, least: 0)
    ) {
        self.limit = limit
        self.folder = folder
        self.reserve = reserve
    }

    /// A file of the folder whose writes leave the reserve free.
    func file(named name: String) throws(SinkError) -> DurableFile {
        try DurableFile(path: "\(folder)/\(name)") { [self] in reserve.allows($0, in: folder) }
    }
}
