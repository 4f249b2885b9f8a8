import Bytes
package import Database
package import Reports
package import Store

/// The settings of a `Runtime`. Where a setting comes from, flags or files, is for the process to know.
package struct RuntimeSettings: Sendable {
    /// The data directory, absolute.
    package var dataDirectory: String
    package var database: DatabaseURL
    package var artifacts: StoreSettings
    /// Whether artifacts lie where all nodes of a cluster reach them.
    package var sharesArtifacts = false
    /// Sessions of the database at a time. A report holds one for as long as it runs; the rest is for requests, heartbeats and
    /// the sweeper.
    package var sessions = 16
    /// How long artifacts and finished jobs are kept, in milliseconds.
    package var retention: Int64 = 7 * TimeText.day
    /// How long records of the audit trail are kept, in milliseconds.
    package var auditRetention: Int64 = 365 * TimeText.day
    /// How reports are made.
    package var production = Production.Settings()
    /// Whether the data directory is locked, as one server uses it at a time.
    package var isExclusive = false

    package init(dataDirectory: String, database: DatabaseURL, artifacts: StoreSettings) {
        self.dataDirectory = dataDirectory
        self.database = database
        self.artifacts = artifacts
    }
}

/// Where artifacts are kept.
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
