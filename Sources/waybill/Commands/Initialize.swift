import API
import Bytes
import Database
import Service

extension Command {
    static let initialize = Command(
        words: ["init"], operands: "",
        summary: "Creates an organization with its first administrator.",
        flags: [
            Flag("organization", "NAME", "the organization's name", required: true),
            Flag("email", "EMAIL", "the administrator's address", required: true),
        ]
    ) { arguments, configuration in
        let runtime = try Runtime(configuration)
        let made = try NewOrganization.create(
            named: try configuration.required("organization"), email: try configuration.required("email"),
            in: runtime.database)
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.text("organization", made.name)
                    $0.text("orgToken", made.token)
                    $0.text("userKey", made.userKey)
                })
        } else {
            print(
                """
                organization \(made.name)
                orgToken     \(made.token)
                userKey      \(made.userKey)

                The key is shown only here: keep it.
                """)
        }
    }
}

/// A new organization, with the only chance to see its key.
struct NewOrganization {
    let name: String
    let token: String
    let userKey: String

    static func create(named name: String, email: String, in database: any Database) throws -> NewOrganization {
        let random = Randomness.system
        let token = try random.token()
        let key = UserKey(random: try random.bytes(32))
        let time = Clock.now()
        let made = try database.write { connection in
            if try connection.integer("SELECT id FROM organization WHERE name = \(name.trimmingBlanks())") != nil {
                throw Failure(
                    """
                    there is an organization \(name.prefix(100)) already, nothing was made; for a lost key: waybill key renew \
                    --org "\(name.prefix(100))" --email EMAIL; another name makes another organization
                    """)
            }
            return try Accounts.createOrganization(
                named: name, token: token, administrator: email, keyDigest: key.digest, at: time, on: connection)
        }
        return NewOrganization(name: made.name, token: token, userKey: key.text)
    }
}
