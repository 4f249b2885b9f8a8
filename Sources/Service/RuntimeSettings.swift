import Bytes
package import Database
package import Reports
package import Store

/// The settings of a `Runtime`. The process decides where a setting comes from, flags or files.
package struct RuntimeSettings: Sendable {
    /// The data directory, absolute.
    package var dataDirectory: String
    package var database: DatabaseURL
    package var artifacts: StoreSettings
    /// Whether all nodes of a cluster can reach the artifacts.
    package var sharesArtifacts = false
    /// The most database sessions at a time. A running report holds one of them; the others serve requests, heartbeats and the
    /// sweeper.
    package var sessions = 16
    /// The time for which artifacts and finished jobs are kept, in milliseconds.
    package var retention: Int64 = 7 * TimeText.day
    /// The time for which audit records are kept, in milliseconds.
    package var auditRetention: Int64 = 365 * TimeText.day
    /// The settings for making reports.
    package var production = Production.Settings()
    /// Whether the data directory is locked, because only one server at a time may use it.
    package var isExclusive = false

    package init(dataDirectory: String, database: DatabaseURL, artifacts: StoreSettings) {
        self.dataDirectory = dataDirectory
        self.database = database
        self.artifacts = artifacts
    }
}

/// The place of artifacts.
package enum StoreSettings: Sendable {
    /// A folder of this machine.
    case folder(String)
    case bucket(S3Settings)

    package func open() throws(StoreError) -> any ArtifactStore {
        switch self {
        case .folder(let path): try FileStore(root: path)
        case .bucket(let settings): S3Store(settings)
        }
    }
}
