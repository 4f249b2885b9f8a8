/// What the doors for uploads need beside the rest of the API.
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

    package init(limit: Int = UploadSettings.defaultLimit, folder: String) {
        self.limit = limit
        self.folder = folder
    }
}
