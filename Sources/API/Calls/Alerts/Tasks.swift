import Bytes
import Database
import HTTP

// Requests for libraries that await a decision: mend-api.md §3.7.

extension Call {
    private static let taskLimit = 10_000

    static let pendingTasks = Call("getDomainPendingTasks", .one(.organization), .readOnly, .work) { visit in
        let tasks = try PendingTask.list(visit.scope, limit: taskLimit, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("pendingTaskInfos", tasks) { answer, task in
                    answer.text("uuid", task.uuid)
                    answer.text("type", "LIBRARY_REQUEST")
                    answer.text("productName", task.product)
                    answer.text("projectName", task.project)
                    answer.text("projectToken", task.projectToken)
                    answer.text("requestedBy", task.requestedBy)
                    answer.time("creationDate", task.created)
                    answer.object("library") { $0.library(task.library) }
                }
            })
    }

    /// Closing a request approves it, unless `status` is `Rejected`.
    static let closePendingTask = Call(
        "closePendingTask", .one(.organization), .member, .points,
        takes: [.text("taskUUID").required, .text("comments"), .words("status", ["Approved", "Rejected"])]
    ) { visit in
        let uuid = try visit.request.text("taskUUID", accepted: "a uuid from getDomainPendingTasks")
        let comments = try visit.request.textIfAny("comments", accepted: "a text") ?? ""
        let word = try visit.request.textIfAny("status", accepted: "Approved, Rejected") ?? "Approved"
        guard let status = LibraryRequest.Status(rawValue: word.uppercased()), status != .pending else {
            throw APIError.badValue(word, of: "status", accepted: "Approved, Rejected")
        }
        return visit.changeAndSettleAlerts { writing in
            let found = try PendingTask.answer(uuid, status, comments: comments, writing)
            guard found else { throw APIError.notFound(uuid, of: "taskUUID") }
            return Answer.message("Successfully closed the task")
        }
    }
}
