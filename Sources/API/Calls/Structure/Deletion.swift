import Database
import HTTP

// Calls that delete products and projects: mend-api.md §3.1. Some clients also send the token of the product.

extension Call {
    static let deleteProduct = Call("deleteProduct", .one(.product), .administrator, .points) { visit in
        visit.change { writing in
            let name = try ScopeFacts.read(writing.scope, on: writing.connection)?.name ?? ""
            try Deletion.product(writing)
            return Answer.message("Successfully deleted product \(name)")
        }
    }

    static let deleteProject = Call("deleteProject", .one(.project), .administrator, .points) { visit in
        visit.change { writing in
            let name = try ScopeFacts.read(writing.scope, on: writing.connection)?.name ?? ""
            try Deletion.project(writing)
            return Answer.message("Successfully deleted project \(name)")
        }
    }
}
