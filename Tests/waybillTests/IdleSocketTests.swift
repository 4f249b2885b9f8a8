import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// A client that opens sockets and sends nothing, with a server's default limits.
    struct IdleSocketTests {
        private static let count = 4500

        /// Whether this process may have this many open files, after asking for it.
        private static func raiseOpenFiles(to count: rlim_t) -> Bool {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_max >= count else {
                return false
            }
            limit.rlim_cur = max(limit.rlim_cur, count)
            return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        }

        /// A socket from 127.0.0.2; other sockets of the tests come from 127.0.0.1.
        private func idle(to port: Int) throws -> Int32 {
            let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            try #require(handle >= 0, "\(String(cString: strerror(errno)))")
            var (own, server) = (sockaddr_in(), sockaddr_in())
            own.sin_family = sa_family_t(AF_INET)
            own.sin_addr.s_addr = UInt32(0x7F00_0002).bigEndian
            server.sin_family = sa_family_t(AF_INET)
            server.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            server.sin_port = UInt16(port).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafePointer(to: &own) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, size) }
            }
            let code = withUnsafePointer(to: &server) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(handle, $0, size) }
            }
            if bound != 0 || code != 0 { close(handle) }
            try #require(bound == 0 && code == 0, "\(String(cString: strerror(errno)))")
            return handle
        }

        /// Neither bytes nor the end of the connection arrive.
        private func isOpen(_ handle: Int32) -> Bool {
            var byte: UInt8 = 0
            return recv(handle, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) < 0 && errno == EAGAIN
        }

        /// More sockets of one address than the server accepts in total: it keeps 512 of them, and serves other addresses in
        /// the meantime. The server itself needs no more open files than any process may have (1,024).
        @Test(.enabled(if: raiseOpenFiles(to: 5000), "needs 5,000 open files (ulimit -Hn)"))
        func othersAreServed() throws {
            let server = try RunningServer(try Site())
            var handles: [Int32] = []
            defer { for handle in handles { close(handle) } }
            for _ in 0..<Self.count { handles.append(try idle(to: server.port)) }
            var slowest = 0.0
            for path in ["/health/live", "/health/ready", "/", "/api/openapi.json", "/health/live"] {
                let begin = Date()
                #expect(try server.get(path).status == 200)
                slowest = max(slowest, -begin.timeIntervalSinceNow)
            }
            #expect(slowest < 5, "\(slowest) s")
            #expect(eventually(within: 20, every: 200) { handles.count(where: isOpen) <= 512 })
            let (open, folder) = (handles.count(where: isOpen), "/proc/\(server.program.pid)/fd")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).count
            print("\(open) of \(Self.count) idle sockets are open, \(files) files, slowest answer \(slowest) s")
            #expect(open > 0 && files < 1024)
            try server.stop()
        }
    }
}
