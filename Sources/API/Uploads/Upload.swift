package import Database
package import Jobs

/// An upload that was let in: what becomes a job.
package struct Upload: Sendable, Equatable {
    /// The job's, and the name of its file in the folder of uploads.
    package let uuid: String
    package let organization: Int64
    package let account: Int64
    /// Who uploads, as lists show it.
    package let email: String
    package let target: UploadTarget
}

/// Where an upload goes. Ids are 0 for what is to be made.
package struct UploadTarget: Sendable, Equatable {
    package var productID: Int64 = 0
    package let product: String
    package var projectID: Int64 = 0
    /// The whole name, with the version.
    package let project: String
}

/// What uploads need beside the rest of the door.
package struct UploadSettings: Sendable {
    /// The longest body, in bytes.
    package static let defaultLimit = 256 << 20

    /// The longest body, in bytes.
    package var limit: Int
    /// The folder of uploads that have a job, on the file system that keeps them.
    package var folder: String
    /// Makes the job of an upload whose file is `folder/uuid`.
    package var newJob: @Sendable (Upload) -> NewJob
    /// Does what else the job needs, in the transaction that submits it: keeps the bytes of the file, whose path is
    /// given, where other machines may do the job.
    package var share: @Sendable (Upload, _ path: String, any Connection) throws -> Void
    /// What agents need beside; nil where they have no path.
    package var agents: AgentSettings?

    package init(
        limit: Int = UploadSettings.defaultLimit, folder: String, newJob: @escaping @Sendable (Upload) -> NewJob,
        share: @escaping @Sendable (Upload, _ path: String, any Connection) throws -> Void = { _, _, _ in }
    ) {
        self.limit = limit
        self.folder = folder
        self.newJob = newJob
        self.share = share
    }
}
