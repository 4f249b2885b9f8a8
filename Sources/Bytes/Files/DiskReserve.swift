import Glibc

/// The part of the disk that uploads leave free, so that the database still works when uploads fill the rest.
package struct DiskReserve: Sendable, Equatable {
    /// The last 5 % of the disk, at least 1 GiB.
    package static let usual = DiskReserve(percent: 5, least: 1 << 30)

    private let percent: UInt64
    private let least: UInt64

    /// - Parameters:
    ///   - percent: a share of the disk's size, 0 to 100.
    ///   - least: the least number of free bytes, whatever the size of the disk.
    package init(percent: UInt64, least: UInt64) {
        self.percent = min(percent, 100)
        self.least = least
    }

    /// Reads `5%` or a number of bytes; `0` means no reserve. Nil for any other text.
    package init?(_ text: String) {
        if text.hasSuffix("%") {
            guard let percent = NumberText.whole(String(text.dropLast()), in: 0...100) else { return nil }
            self.init(percent: UInt64(percent), least: percent == 0 ? 0 : Self.usual.least)
        } else {
            guard let bytes = NumberText.whole(text, in: 0...(1 << 50)) else { return nil }
            self.init(percent: 0, least: UInt64(bytes))
        }
    }

    /// Whether the reserve on the disk of `folder` remains after `bytes` more. True when the free room is unknown.
    package func allows(_ bytes: Int, in folder: String) -> Bool {
        guard percent > 0 || least > 0 else { return true }
        var disk = statvfs()
        guard statvfs(folder, &disk) == 0 else { return true }
        let unit = UInt64(disk.f_frsize)
        let free = UInt64(disk.f_bavail).multipliedReportingOverflow(by: unit).partialValue
        // The division by 100 comes first, so that no product of a size and 100 overflows.
        let share = UInt64(disk.f_blocks) / 100 * unit * percent
        let (wanted, isFar) = max(share, least).addingReportingOverflow(UInt64(max(0, bytes)))
        return !isFar && free >= wanted
    }
}
