/// A person or a service, as in lists.
package struct Person: Sendable, Equatable {
    package let id: Int64
    package let name: String
    package let email: String
}

/// A group with its members.
package struct PeopleGroup: Sendable, Equatable {
    package let id: Int64
    package let name: String
    package let description: String
    package var people: [Person] = []
}

/// The holders of a role: people and groups, by the word of the role.
package struct Assignments: Sendable, Equatable {
    package let role: String
    package var people: [Person] = []
    package var groups: [String] = []
}
