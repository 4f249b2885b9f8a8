package import Bytes

/// A store of finished reports by name; each is complete and never changes.
///
///     let upload = try store.create(name)
///     try bytes.withBytes(upload.write)
///     try upload.publish()  // now the name has an artifact, also after a crash
///     guard case .file(let path) = try store.locate(name) else { return }
///
/// Any thread may use it, several at a time; calls block while the disk or the other machine does. Sizes are in bytes.
/// Errors are `StoreError`s, which say whether a later attempt may help. An artifact lives until `remove`. A store
/// calls no code of its user.
package protocol ArtifactStore: Sendable {
    /// Begins a new artifact. The artifact is not visible under its name before `publish`.
    func create(_ name: String) throws(StoreError) -> any ArtifactUpload
    /// The place of the bytes. Throws `missing` only when the store says that it has no such artifact.
    func locate(_ name: String) throws(StoreError) -> StoredArtifact
    /// Deletes an artifact, or the remains of an upload that was never published. An unknown name is no error.
    func remove(_ name: String) throws(StoreError)
    /// The names of all artifacts, and of all uploads that were never published.
    func names() throws(StoreError) -> [String]
    /// Throws the reason why an artifact could not be written now.
    func check() throws(StoreError)
}

/// An artifact during its writing to a store. It disappears without a trace unless it is published.
///
///     let upload = try store.create(name)
///     for piece in pieces { try piece.withBytes(upload.write) }
///     try upload.publish()
///
/// One thread at a time may use it. Calls block and throw `SinkError`. After an error, or after `publish`, no further
/// call is allowed.
package protocol ArtifactUpload: AnyObject, Sendable {
    var size: Int64 { get }
    /// One thread at a time may use it. Throws `unavailable` when the store may accept the bytes later.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError)
    /// Makes the artifact appear, durably.
    func publish() throws(SinkError)
}

/// The place of an artifact's bytes.
package enum StoredArtifact: Sendable {
    case file(path: String)
    /// On another machine, to be read from there.
    case remote(S3Download)
    /// On another machine, from where the client may fetch it directly. The closure makes an address that is valid for a
    /// limited time and saves the file under the given name. Only this client may see the address.
    case link(@Sendable (_ fileName: String) throws(StoreError) -> String)
}

/// The reason why a store failed.
package enum StoreError: Error, Equatable, CustomStringConvertible {
    case missing(name: String)
    /// The store on another machine failed or cannot be reached.
    case failed(doing: String, why: String)
    /// The folder of the store failed.
    case local(SinkError)

    package var description: String {
        switch self {
        case .missing(let name): "artifact \(name) is not in the store"
        case .failed(let doing, let why): "\(doing): \(why)"
        case .local(let error): error.description
        }
    }
}

extension StoreError: Blaming {
    package var blame: Blame {
        switch self {
        case .missing: .unknown
        case .failed: .environment(.store)
        case .local(let error): error.blame
        }
    }
}
