import Glibc

/// A name of this process that lets others find out whether it lives: the machine's boot, the pid's namespace, the pid,
/// and the start time of the process (proc(5), `/proc/PID/stat` field 22).
package struct Owner: Sendable {
    package let name: String
    private let place: String

    package init() {
        let boot = Self.firstLine("/proc/sys/kernel/random/boot_id").prefix(8)
        var link = [CChar](repeating: 0, count: 64)
        let length = readlink("/proc/self/ns/pid", &link, link.count - 1)
        let space = length > 0 ? String(decoding: link.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
        place = "\(boot).\(space.filter(\.isNumber))"
        name = "\(place).\(getpid()).\(Self.begun(getpid()) ?? "0")"
    }

    /// True if `other` was a process of this machine and has ended. False if it lives or its state is unknown.
    package func knowsDead(_ other: String) -> Bool {
        let parts = other.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, "\(parts[0]).\(parts[1])" == place, let pid = Int32(parts[2]) else { return false }
        return Self.begun(pid) != String(parts[3])
    }

    /// The start time of a process in ticks since boot; nil for an unknown process.
    private static func begun(_ pid: Int32) -> String? {
        let stat = firstLine("/proc/\(pid)/stat")
        // The second field, the program's name, may contain blanks; it ends at the last parenthesis.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? String(fields[19]) : nil
    }

    private static func firstLine(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 4096)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
