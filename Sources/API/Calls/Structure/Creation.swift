import Bytes
import Database
import HTTP
import Jobs

// Calls that make products and projects: mend-api.md §3.1.

extension Call {
    static let createProduct = Call(
        "createProduct", .one(.organization), .administrator, .points, keys: [.upload, .administer],
        takes: [.text("productName").required]
    ) { visit in
        let name = try visit.request.text("productName", accepted: "the name of the new product")
        let token = try visit.backend.random.token()
        return visit.change { writing in
            let made = try Accounts.createProduct(named: name, token: token, writing)
            return Answer.object { answer in
                answer.text("productToken", made.token)
                answer.text("message", "Successfully created product \(made.name)")
            }
        }
    }

    static let createProject = Call(
        "createProject", .one(.product), .administrator, .points, keys: [.upload, .administer],
        takes: [.text("projectName").required]
    ) { visit in
        let name = try visit.request.text("projectName", accepted: "the name of the new project")
        let token = try visit.backend.random.token()
        return visit.change { writing in
            let made = try Accounts.createProject(named: name, token: token, writing)
            return Answer.object { answer in
                answer.text("projectToken", made.token)
                answer.text("message", "Successfully created project \(made.name)")
            }
        }
    }
}
