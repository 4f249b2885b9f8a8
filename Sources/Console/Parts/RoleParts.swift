import API
import Database
import Reports

extension Visit {
    /// The products that a role can be given in; the list is limited to a length that a person can read.
    func productChoices() throws -> [Choice] {
        let products = try ProductVital.list(scope, on: connection).prefix(1000)
        return [Choice("", "the whole organization")] + products.map { Choice($0.token, $0.name) }
    }
}

extension HTML {
    /// The fields that give a role in a place.
    mutating func roleFields(_ visit: Visit, _ products: [Choice], part: String) {
        let problem = visit.problem(in: part)
        var role = Field("role", "Role")
        role.id = "\(part)-role"
        role.choices =
            [
                Choice("READ_ONLY", "reader: sees"), Choice("MEMBER", "member: uploads and decides, too"),
                Choice("ADMINISTRATOR", "administrator: changes policies, people and settings, too"),
                Choice("NONE", "none"),
            ]
        role.value = visit.typed("role", in: part)
        field(role, problem)
        var place = Field("productToken", "Where it holds")
        place.id = "\(part)-product"
        place.choices = products
        place.value = visit.typed("productToken", in: part)
        field(place, problem)
    }
}
