import Bytes
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Database

/// Steps of the schema: frozen, compared with those of a database, and with work of their own.
struct MigrationTests {
    static let every = Engine.allCases.flatMap { engine in Migration.all.indices.map { (engine, $0 + 1) } }

    /// A step in `Migration.all` has made databases. To make this pass, never write another digest here or beside the
    /// step: revert the change, and add a new step at the end of `Migration.all`.
    @Test(arguments: every) func stepsAreFrozen(engine: Engine, number: Int) {
        let step = Migration.all[number - 1]
        let text = Array(step.statements(Dialect(engine)).utf8)
        let found = Digest.of(text, .sha256).hexadecimal
        #expect(
            found == step.digest(engine),
            """
            the text of step \(number) (\(step.name)) for \(engine) has the digest \(found). If databases have the step: take \
            the change back and add a new step at the end of Migration.all. If the step is new: write the digest beside it.
            """)
    }
}

/// Databases of programs before digests, and databases from other steps.
struct AdoptionTests {
    /// A database in the form of a program before digests.
    private static func old(_ engine: Engine) throws -> any Database {
        let database = try TemporaryDatabase.make(engine)
        try database.write {
            try $0.script("ALTER TABLE migration DROP COLUMN digest; ALTER TABLE migration DROP COLUMN mark")
        }
        return database
    }

    @Test(arguments: TemporaryDatabase.engines) func oldDatabasesGetDigests(engine: Engine) throws {
        let database = try Self.old(engine)
        #expect(try database.schemaState() == .current)
        try database.migrate()
        let digests = try database.read { try AppliedStep.all(on: $0) }.map(\.digest)
        #expect(digests == Migration.all.map { $0.digest(engine) })
    }

    /// A change of the schema, the step named in the message, and words of the message.
    static let changes: [(String, Int, String)] = [
        ("ALTER TABLE library_package DROP COLUMN registry", 2, "library_package lacks the column registry"),
        ("DROP TABLE session", 5, "the table session is missing"),
        ("ALTER TABLE policy ADD COLUMN more TEXT", 3, "policy has another column, more"),
        ("DROP INDEX alert_expiry", 3, "the index alert_expiry is missing"),
        (
            "DROP INDEX alert_identity; CREATE INDEX alert_identity ON alert (project, type)", 3,
            "the index alert_identity is on alert (project, type)"
        ),
        ("DELETE FROM license_conflict WHERE number = 7", 6, "license_conflict has other rows"),
        ("UPDATE migration SET name = 'other' WHERE number = 4", 4, "here it is curation"),
        (
            "ALTER TABLE product_tag RENAME TO away; CREATE TABLE product_tag (product TEXT, key TEXT, value TEXT)", 4,
            "the column key of product_tag is TEXT, not TEXT NOT NULL"
        ),
    ]

    @Test(arguments: TemporaryDatabase.engines, changes)
    func anotherSchemaIsRefused(engine: Engine, change: (script: String, step: Int, words: String)) throws {
        let database = try Self.old(engine)
        try database.write { try $0.script(change.script) }
        for attempt in [{ _ = try database.schemaState() }, { try database.migrate() }] {
            let error = #expect(throws: DatabaseError.self) { try attempt() }
            guard case .otherSchema(change.step, _, let why)? = error, why.contains(change.words) else {
                Issue.record(Comment(rawValue: "\(error, default: "nothing") is not about \(change.words)"))
                continue
            }
        }
        // Refused without a trace.
        #expect(try database.read { try AppliedStep.all(on: $0) }.allSatisfy { $0.digest.isEmpty })
    }

    @Test(arguments: TemporaryDatabase.engines) func anotherDigestIsRefused(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try database.write { _ = try $0.run("UPDATE migration SET digest = 'abc' WHERE number = 3") }
        let error = #expect(throws: DatabaseError.self) { try database.migrate() }
        #expect("\(error, default: "")".contains("schema step 3 (alerts) differs (its digest is abc"))
        let copy = DatabaseCopy(
            to: try TemporaryDatabase.open(TemporaryDatabase.url(.sqlite)), origin: "here", newDigest: CopyTests.digest)
        #expect(throws: DatabaseError.self) { try database.snapshot { try copy.run(from: $0) } }
    }
}

/// Steps whose rows a program computes, with two made-up ones at the end.
struct StepWorkTests {
    /// The work needs the column of its step; the step after it needs the work.
    static let steps =
        Migration.all + [
            Migration(name: "doubles", digests: ("d", "d"), work: "double the revisions") { words in
                "ALTER TABLE organization ADD COLUMN doubled \(words.integer) NOT NULL DEFAULT 0;"
            },
            Migration(name: "sums", digests: ("s", "s")) { words in
                """
                CREATE TABLE revision_sum (id \(words.integer) PRIMARY KEY, total \(words.integer) NOT NULL\(words.end);
                INSERT INTO revision_sum (id, total) SELECT 1, coalesce(sum(doubled), 0) FROM organization;
                """
            },
        ]

    /// Ten organizations a slice. A row that is processed twice shows it.
    private static func work(stopAfter limit: Int = .max, slices: Slices = Slices()) -> MigrationWork {
        MigrationWork(name: "double the revisions") { mark, connection in
            guard slices.next() <= limit else { throw DatabaseError.busy }
            let ids = try connection.all(
                "SELECT id FROM organization WHERE id > \(Int64(mark) ?? 0) ORDER BY id LIMIT 10"
            ) { $0.integer(0) }
            for id in ids {
                try connection.run("UPDATE organization SET doubled = doubled + 2 * revision WHERE id = \(id)")
            }
            return MigrationWork.Slice(mark: ids.count < 10 ? nil : ids.last.map(String.init), rows: ids.count)
        }
    }

    private final class Slices: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    private static func fill(_ database: any Database) throws {
        try database.write { connection in
            for id in 1...35 {
                try connection.run(
                    """
                    INSERT INTO organization (id, token, name, created_at, revision)
                    VALUES (\(id), \("t\(id)"), 'n', 0, \(id))
                    """)
            }
        }
    }

    private static func sums(_ database: any Database) throws -> [Int64?] {
        try database.read { connection in
            [
                try connection.integer("SELECT sum(doubled) FROM organization"),
                try connection.integer("SELECT total FROM revision_sum"),
                try connection.integer("SELECT count(*) FROM migration WHERE mark IS NULL"),
            ]
        }
    }

    /// The number of the first made-up step, after those of the program.
    private static let number = Migration.all.count + 1
    private static let done: [Int64?] = [1260, 1260, Int64(steps.count)]

    @Test(arguments: TemporaryDatabase.engines) func workIsDoneInSlices(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try Self.fill(database)
        var progress: [MigrationProgress] = []
        try database.migrate(steps: Self.steps, [Self.work()]) { progress.append($0) }
        #expect(progress.map(\.rows) == [0, 10, 10, 10, 5])
        #expect(progress.map(\.isFinished) == [false, false, false, false, true])
        #expect(progress.allSatisfy { $0.name == "doubles" && $0.step == Self.number && $0.steps == Self.steps.count })
        #expect(try Self.sums(database) == Self.done)
    }

    @Test(arguments: TemporaryDatabase.engines) func anInterruptedWorkIsContinued(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try Self.fill(database)
        #expect(throws: DatabaseError.self) { try database.migrate(steps: Self.steps, [Self.work(stopAfter: 2)]) }
        #expect(
            try database.read { try $0.integer("SELECT max(number) FROM migration") } == Int64(Self.number),
            "a step went ahead")
        // A program that cannot finish the copy may neither continue it nor use a part of it.
        let error = #expect(throws: DatabaseError.self) { try database.migrate(steps: Self.steps) }
        #expect("\(error, default: "")".contains("stopped in the work of step \(Self.number) (doubles)"))
        var copy = DatabaseCopy(
            to: try TemporaryDatabase.open(TemporaryDatabase.url(.sqlite)), origin: "here", newDigest: CopyTests.digest)
        copy.steps = Self.steps
        #expect(throws: DatabaseError.self) { try database.snapshot { [copy] in try copy.run(from: $0) } }

        var rows: [Int] = []
        try database.migrate(steps: Self.steps, [Self.work()]) { rows.append($0.rows) }
        #expect(rows == [10, 5])
        #expect(try Self.sums(database) == Self.done)
    }

    @Test(arguments: TemporaryDatabase.engines) func severalProcessesShareTheWork(engine: Engine) throws {
        let url = try TemporaryDatabase.url(engine)
        let first = try TemporaryDatabase.open(url)
        try first.migrate()
        try Self.fill(first)
        let results = onThreads(6) { _ in
            let database = try TemporaryDatabase.open(url)
            try database.migrate(steps: Self.steps, [Self.work()])
            database.close()
        }
        for result in results { try result.get() }
        #expect(try Self.sums(first) == Self.done)
    }

    @Test(arguments: TemporaryDatabase.engines) func aNewDatabaseNeedsNoWork(engine: Engine) throws {
        let database = try TemporaryDatabase.open(TemporaryDatabase.url(engine))
        try database.migrate(steps: Self.steps)
        #expect(
            try database.read { try $0.integer("SELECT count(*) FROM migration WHERE mark IS NULL") }
                == Int64(Self.steps.count))
    }

    /// A copy, and so a restored backup, begins with the schema of the source and ends with that of the program.
    @Test(arguments: CopyTests.pairs) func anOlderSourceIsBroughtUpToDate(from: Engine, to: Engine) throws {
        let source = try TemporaryDatabase.make(from)
        try Self.fill(source)
        let target = try TemporaryDatabase.open(TemporaryDatabase.url(to))
        var copy = DatabaseCopy(to: target, origin: "here", newDigest: CopyTests.digest)
        copy.steps = Self.steps
        try source.snapshot { [copy] in _ = try copy.run(from: $0) }
        try copy.finish([Self.work()])
        #expect(try Self.sums(target) == Self.done)
        #expect(try source.schemaState() == .current, "the source was changed")
    }
}
