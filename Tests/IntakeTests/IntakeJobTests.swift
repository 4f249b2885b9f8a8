import Database
import Intake
import Inventory
import Jobs
import TestSupport
import Testing

/// The request of an upload's job, in the database's form.
@Suite struct IntakeJobTests {
    private func stored(_ request: String) throws -> Job {
        let bench = try Workbench(.sqlite)
        var job = NewJob(
            uuid: "0c3bc1a4-0f09-4b52-8b2f-4a1d3a2ee0c1", organization: 1, kind: .intake, request: request,
            processType: "Inventory Update")
        job.account = nil
        let new = job
        return try bench.database.write { [queue = bench.queue] in try queue.submit(new, on: $0) }
    }

    @Test(arguments: AgentUpload.UpdateType.allCases)
    func aRequestIsReadAsItWasWritten(type: AgentUpload.UpdateType) throws {
        var destination = Intake.Destination(organization: 1, product: "Shop")
        destination.project = "web"
        destination.comment = "build 7"
        var written = IntakeJob(.agent, upload: "0c3bc1a4-0f09-4b52-8b2f-4a1d3a2ee0c1", into: destination)
        written.updateType = type
        #expect(try IntakeJob(stored(written.json)) == written)
    }

    @Test func anUnknownUpdateTypeIsNoOverride() throws {
        let job = try stored(#"{"kind":"agent","path":"x","updateType":"MERGE","product":"Shop"}"#)
        let error = #expect(throws: IntakeError.self) { try IntakeJob(job) }
        #expect(error == .unknownUpdateType("MERGE", job: job.uuid))
        #expect(
            error?.description == """
                the upload \(job.uuid) has the update type "MERGE", which this version does not know; it knows OVERRIDE, \
                APPEND, REMOVE
                """)
    }
}
