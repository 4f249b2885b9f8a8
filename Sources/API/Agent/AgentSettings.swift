package import Bytes
package import Database
package import Inventory
package import Jobs

/// One project of an agent's upload that was let in: what becomes of its file is a job.
package struct AgentTask: Sendable, Equatable {
    /// The job's, and the name of its file in the folder of uploads.
    package let uuid: String
    package let organization: Int64
    package let account: Int64
    /// Who uploads, as lists show it.
    package let email: String
    /// With ids: both are there.
    package let target: UploadTarget
    package let agent: String
    package let comment: String
    package let requestToken: String
    package let updateType: AgentUpload.UpdateType
    /// Whether each project of the file is a component of the one that is made.
    package let keepsModules: Bool
}

/// What uploads of agents need beside what all uploads need.
package struct AgentSettings: Sendable {
    /// How many times as long as the longest body the JSON in it may be.
    package static let expansion = 4

    /// Looks a file through and says what is in it; `AgentError.badDiff` when it cannot be read.
    package var survey: @Sendable (_ path: String) throws -> AgentUpload
    /// Makes the job of a project whose file is `folder/uuid`.
    package var newJob: @Sendable (AgentTask) -> NewJob
    /// Keeps the bytes of a job's file where other machines may do it, in the transaction that submits it.
    package var share: @Sendable (_ job: String, _ path: String, any Connection) throws -> Void

    /// Looks at policies: writes what `data` of the answer holds, and says what they forbid.
    package var check: @Sendable (AgentCheck, any Connection, @escaping ByteSink.Destination) throws -> [AgentViolation]

    package init(
        survey: @escaping @Sendable (_ path: String) throws -> AgentUpload,
        newJob: @escaping @Sendable (AgentTask) -> NewJob,
        check:
            @escaping @Sendable (AgentCheck, any Connection, @escaping ByteSink.Destination) throws -> [AgentViolation],
        share: @escaping @Sendable (_ job: String, _ path: String, any Connection) throws -> Void = { _, _, _ in }
    ) {
        self.survey = survey
        self.newJob = newJob
        self.check = check
        self.share = share
    }
}
