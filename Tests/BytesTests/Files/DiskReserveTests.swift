import Foundation
import Testing

@testable import Bytes

/// The part of the disk that uploads leave free.
struct DiskReserveTests {
    @Test func aReserveIsReadAndKept() throws {
        for (text, percent, least) in [
            ("5%", 5, 1 << 30), ("0", 0, 0), ("0%", 0, 0), ("100%", 100, 1 << 30), ("1000", 0, 1000),
        ] {
            #expect(DiskReserve(text) == DiskReserve(percent: UInt64(percent), least: UInt64(least)), "\(text)")
        }
        for text in ["", "%", "-1", "101%", "1 GiB", "x", "-5%", "1e99"] {
            #expect(DiskReserve(text) == nil, "\(text)")
        }
        let folder = NSTemporaryDirectory()
        #expect(DiskReserve(percent: 0, least: 0).allows(1 << 40, in: folder))
        #expect(DiskReserve(percent: 0, least: 1).allows(0, in: folder))
        #expect(!DiskReserve(percent: 0, least: 1).allows(Int.max, in: folder))
        #expect(!DiskReserve(percent: 100, least: 0).allows(0, in: folder))
        #expect(!DiskReserve(percent: 0, least: .max).allows(1, in: folder))
        // A missing folder has no free room to report; writing to it gives the error.
        #expect(DiskReserve(percent: 100, least: 0).allows(1, in: "/does/not/exist"))
    }

    @Test func aDurableFileLeavesItAlone() throws {
        let path = NSTemporaryDirectory() + "reserve-" + UUID().uuidString
        let file = try DurableFile(path: path) { $0 < 8 << 20 }
        let piece = [UInt8](repeating: 0x78, count: 3 << 20)
        try piece.withBytes { (bytes) throws(SinkError) in try file.write(bytes) }
        let whole = [UInt8](repeating: 0x78, count: 5 << 20)
        let error = #expect(throws: SinkError.self) {
            try whole.withBytes { (bytes) throws(SinkError) in try file.write(bytes) }
        }
        #expect(error.map { "\($0)" }?.contains("reserve") == true)
        #expect(file.size == 3 << 20)
    }
}
