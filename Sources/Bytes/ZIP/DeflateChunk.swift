import Dispatch
import Synchronization

/// A piece of a deflate stream that any thread can compress.
///
/// Its life is a circle: the owner fills it and makes it ready; the first to claim it (a thread of the pool or the
/// owner) compresses it; the owner waits for it and reads it. A thread that comes later finds it claimed and leaves
/// it.
///
/// Unchecked, because the type system cannot see the circle. Only the owner accesses the content before `makeReady`
/// and after `wait`; in between, only the winner of `claim`. The atomic and the semaphore order these accesses.
final class DeflateChunk: @unchecked Sendable {
    /// Bytes of input. Measured: half the size costs 0.3 % more output, twice the size gains nothing.
    static let size = 1 << 18

    /// The window before the chunk, followed by its input.
    private let input = UnsafeMutableRawBufferPointer.allocate(
        byteCount: DeflateCodec.window + DeflateChunk.size, alignment: 64)
    private var output = UnsafeMutableRawBufferPointer.allocate(
        byteCount: DeflateChunk.size + DeflateChunk.size / 16, alignment: 64)
    private var codec: DeflateCodec
    private var windowCount = 0
    private var outputCount = 0
    private(set) var inputCount = 0
    private(set) var crc: UInt32 = 0
    private(set) var error: SinkError?
    /// True for the chunk that ends the stream; set by the owner.
    var isLast = false

    private let isReady = Atomic<Bool>(false)
    private let done = DispatchSemaphore(value: 0)

    init(_ level: CompressionLevel) throws(SinkError) { codec = try DeflateCodec(level) }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    // MARK: For the owner

    var isFull: Bool { inputCount == DeflateChunk.size }

    /// The compressed chunk.
    var result: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[..<outputCount]) }

    /// Starts again: at the beginning of a stream, or after another chunk, whose last bytes are the window.
    func begin(behind other: DeflateChunk? = nil) {
        windowCount = min(DeflateCodec.window, other.map { $0.windowCount + $0.inputCount } ?? 0)
        if let other {
            let end = DeflateCodec.window + other.inputCount
            UnsafeMutableRawBufferPointer(rebasing: input[(DeflateCodec.window - windowCount)...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: other.input[(end - windowCount)..<end]))
        }
        inputCount = 0
        outputCount = 0
        isLast = false
        error = nil
    }

    /// Copies the beginning of `bytes`, as much as fits, and returns its length.
    func fill(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let count = min(bytes.count, DeflateChunk.size - inputCount)
        let place = DeflateCodec.window + inputCount
        UnsafeMutableRawBufferPointer(rebasing: input[place...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
        inputCount += count
        return count
    }

    /// Allows any thread to compress the chunk.
    func makeReady() { isReady.store(true, ordering: .releasing) }

    /// Waits until the chunk is compressed. The owner must call it once after each `makeReady`.
    func wait() { done.wait() }

    // MARK: For anyone

    /// Compresses the chunk unless another thread has begun; true if this call did it.
    @discardableResult
    func compressIfFree() -> Bool {
        guard isReady.compareExchange(expected: true, desired: false, ordering: .acquiringAndReleasing).exchanged
        else { return false }
        let bytes = UnsafeRawBufferPointer(input)
        let begin = DeflateCodec.window
        let data = UnsafeRawBufferPointer(rebasing: bytes[begin..<(begin + inputCount)])
        let window = UnsafeRawBufferPointer(rebasing: bytes[(begin - windowCount)..<begin])
        crc = crc32(data)
        do throws(SinkError) {
            outputCount = try codec.compress(data, dictionary: window, isLast: isLast, to: &output)
        } catch {
            self.error = error
        }
        done.signal()
        return true
    }
}
