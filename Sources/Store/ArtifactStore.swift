package import Bytes

/// Where finished reports are kept: by name, whole, never changed.
///
///     let upload = try store.create(name)
///     try bytes.withBytes(upload.write)
///     try upload.publish()  // now the name has an artifact, also after a crash
///     guard case .file(let path) = try store.locate(name) else { return }
///
/// Any thread may call it, several at a time. Errors are `StoreError`s, which say whether another time may help.
package protocol ArtifactStore: Sendable {
    /// Begins a new artifact. The artifact is not visible under its name before `publish`.
    func create(_ name: String) throws(StoreError) -> any ArtifactUpload
    /// Where the bytes are. Throws `missing` only when the store says that it has no such artifact.
    func locate(_ name: String) throws(StoreError) -> StoredArtifact
    /// Removes an artifact, or what an upload that was never published left. A name that is not there is no error.
    func remove(_ name: String) throws(StoreError)
    /// Names of all artifacts and of all uploads that were never published.
    func names() throws(StoreError) -> [String]
    /// Throws what would keep an artifact from being written now.
    func check() throws(StoreError)
}

/// An artifact that is being written to a store. Gone without a trace unless it is published.
package protocol ArtifactUpload: AnyObject, Sendable {
    var size: Int64 { get }
    /// Called by one thread at a time. Throws `unavailable` when the store may take the bytes another time.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError)
    /// Makes the artifact appear, durably.
    func publish() throws(SinkError)
}

/// The place of an artifact's bytes.
package enum StoredArtifact: Sendable {
    case file(path: String)
    /// On another machine, to be read from there.
    case remote(S3Download)
    /// On another machine, where the client may fetch it by itself: the closure makes an address that is good for a while
    /// and saves the file under the name given. No one else may see the address.
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
