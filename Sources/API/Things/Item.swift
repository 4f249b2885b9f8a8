package import Bytes
import Database
import Jobs
import Reports

/// One thing of a kind, as in lists.
package struct Item: Sendable {
    /// The value of a member.
    package enum Value: Sendable, Equatable {
        case text(String)
        case number(Int64)
        case flag(Bool)
        /// Milliseconds since 1970, UTC; 0 for never.
        case time(Int64)

        package var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): String(number)
            case .flag(let flag): flag ? "yes" : "no"
            case .time(let time): time == 0 ? "" : TimeText.time(time)
            }
        }
    }

    package let kind: Kind
    /// One value for each of the kind's members, in their order.
    package let values: [Value]

    package init(_ kind: Kind, _ values: [Value]) {
        assert(values.count == kind.members.count)
        (self.kind, self.values) = (kind, values)
    }

    /// The names that find it: the name for people first, the unique one last.
    package var handles: [String] {
        switch kind {
        case .products: [text(0), text(1)]
        case .projects: [text(1), "\(text(0))/\(text(1))", text(2)]
        case .libraries: [text(0), text(5), text(2), text(4)]
        case .policies: [text(1), text(0)]
        case .users: [text(0), text(1)]
        case .reports, .uploads, .keys, .schedules: [text(0)]
        }
    }

    /// The value of a member by its position, in words.
    package func text(_ place: Int) -> String { values[place].text }

    /// Writes its members; a time that never happened is left out.
    package func write(to json: inout JSONWriter) {
        for (member, value) in zip(kind.members, values) {
            switch value {
            case .text(let text): json.text(member.name, text)
            case .number(let number): json.number(member.name, number)
            case .flag(let flag): json.flag(member.name, flag)
            case .time(let time): if time != 0 { json.time(member.name, time) }
            }
        }
    }
}

extension Item {
    init(_ product: ProductVital) {
        self.init(.products, [.text(product.name), .text(product.token), .time(product.updated)])
    }

    init(_ project: ProjectVital) {
        self.init(
            .projects,
            [
                .text(project.productName), .text(project.name), .text(project.token), .time(project.updated),
                .flag(project.isInProgress),
            ])
    }

    init(_ library: LibraryRecord) {
        self.init(
            .libraries,
            [
                .text(library.name), .text(library.version), .text(library.purl),
                .text(library.licenses.joined(separator: ", ")), .text(library.uuid), .text(library.filename),
            ])
    }

    /// - Parameter kind: reports or uploads.
    init(_ kind: Kind, _ job: Job) {
        self.init(
            kind,
            [
                .text(job.uuid), .text(job.processType), .text(job.state.rawValue), .number(job.rowsDone),
                .time(job.created), .text(job.error),
            ])
    }

    init(_ policy: Policy) {
        self.init(
            .policies,
            [
                .number(policy.id), .text(policy.name), .text(policy.context), .text(policy.filterType),
                .text(policy.actionType), .flag(policy.isEnabled),
            ])
    }

    init(_ member: Member) {
        self.init(
            .users,
            [
                .text(member.person.email), .text(member.person.name), .text(member.kind), .text(member.rolesText),
                .number(member.keys),
            ])
    }

    init(_ key: KeyRecord) {
        self.init(
            .keys,
            [
                .text(key.name), .text(key.scopes.words.joined(separator: ",")), .time(key.created),
                .time(key.expires), .time(key.used),
            ])
    }

    init(_ schedule: ScheduleRecord) {
        self.init(
            .schedules,
            [
                .number(schedule.id), .text(schedule.cron), .text(schedule.email),
                // A schedule that this version cannot read is listed without its type, so that the user can remove
                // it.
                .text((try? ReportRequest(json: schedule.request).type) ?? ""), .time(schedule.due),
            ])
    }
}
