package import Database

/// A database that passes all calls on to another one. A test's own database conforms to this protocol and implements only the
/// calls that differ.
///
///     final class SlowDatabase: ForwardingDatabase {
///         let real: any Database
///         func read<Result>(_ body: (any Connection) throws -> Result) throws -> Result { sleep(1); return try real.read(body) }
///     }
package protocol ForwardingDatabase: Database {
    var real: any Database { get }
}

extension ForwardingDatabase {
    package var engine: Engine { real.engine }

    package func read<Result>(_ body: (any Connection) throws -> Result) throws -> Result { try real.read(body) }

    package func snapshot<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try real.snapshot(body)
    }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result { try real.write(body) }

    package func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result { try real.writeUnflushed(body) }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result { try await real.write(body) }

    package func listen(
        _ channel: StaticString, deaf: @escaping @Sendable (any Error) -> Void,
        heard body: @escaping @Sendable () -> Void
    ) -> Listening { real.listen(channel, deaf: deaf, heard: body) }

    /// The other database is closed by its owner.
    package func close() {}
}
