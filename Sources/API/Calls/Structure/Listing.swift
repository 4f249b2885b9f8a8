import Bytes
import Database
import HTTP
import Jobs

// Organizations, products, projects and their vitals: mend-api.md §2 and §3.1. Every tool begins with these calls.

extension Call {
    static let organizationDetails = Call("getOrganizationDetails", .one(.organization), .readOnly, .points) { visit in
        guard let details = try OrganizationDetails.read(visit.scope, on: visit.connection) else {
            throw APIError.refused
        }
        return .answer(
            Answer.object { answer in
                answer.text("orgName", details.name)
                answer.text("orgToken", details.token)
                answer.zonedTime("creationDate", details.created)
            })
    }

    static let allProducts = Call("getAllProducts", .one(.organization), .readOnly, .work) { visit in
        let products = try ProductVital.list(visit.scope, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("products", products) { answer, product in
                    answer.text("productName", product.name)
                    answer.text("productToken", product.token)
                    answer.number("productId", product.id)
                }
                answer.text("message", "Success")
            })
    }

    static let allProjects = Call("getAllProjects", .one(.product), .readOnly, .work) { visit in
        let projects = try ProjectVital.list(visit.scope, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("projects", projects) { answer, project in
                    answer.text("projectName", project.name)
                    answer.text("projectToken", project.token)
                    answer.number("projectId", project.id)
                }
                // A client accepts the list only with this word, and also for products.
                answer.text("message", "Success")
            })
    }

    static let organizationProductVitals = productVitals(called: "getOrganizationProductVitals", in: .organization)
    static let productVitals = productVitals(called: "getProductVitals", in: .product)

    static let organizationProjectVitals = projectVitals(called: "getOrganizationProjectVitals", in: .organization)
    static let productProjectVitals = projectVitals(called: "getProductProjectVitals", in: .product)
    static let projectVitals = projectVitals(called: "getProjectVitals", in: .project)

    private static func productVitals(called name: String, in kind: ScopeKind) -> Call {
        Call(name, .one(kind), .readOnly, .work) { visit in
            let products = try ProductVital.list(visit.scope, on: visit.connection)
            return .answer(
                Answer.object { answer in
                    answer.objects("productVitals", products) { answer, product in
                        answer.text("name", product.name)
                        answer.text("token", product.token)
                        answer.zonedTime("creationDate", product.created)
                        answer.zonedTime("lastUpdatedDate", product.updated)
                    }
                })
        }
    }

    private static func projectVitals(called name: String, in kind: ScopeKind) -> Call {
        Call(name, .one(kind), .readOnly, .work) { visit in
            let projects = try ProjectVital.list(visit.scope, on: visit.connection)
            return .answer(
                Answer.object { answer in
                    answer.objects("projectVitals", projects) { $0.vital($1) }
                })
        }
    }
}

extension JSONWriter {
    /// The members of a project's vital.
    mutating func vital(_ project: ProjectVital) {
        number("id", project.id)
        text("pluginName", project.pluginName)
        text("name", project.name)
        text("token", project.token)
        text("uploadedBy", project.uploadedBy)
        zonedTime("creationDate", project.created)
        zonedTime("lastUpdatedDate", project.updated)
        text("productName", project.productName)
        if !project.comment.isEmpty { text("lastScanComment", project.comment) }
        if !project.requestToken.isEmpty { text("requestToken", project.requestToken) }
    }
}
