import Foundation

// DESIGN. OpenStack Swift from Debian's package python3-swift, with its S3 API: account, container, object and proxy server
// of one node, one replica, in a temporary folder on free ports of the loopback interface. It starts or changes none of
// Debian's services, and memcached is a dictionary. A Python program starts them and watches its input, a pipe from this
// process: when the pipe closes, or the program dies, the servers end, too.

/// An S3 server for tests; stopped and deleted with the process or when it is released.
package final class S3Server: Sendable {
    package static let accessKey = "test:tester"
    package static let secretKey = "te/st+ing=secret"
    package static let region = "eu-test-1"
    /// A bucket that exists from the start.
    package static let bucket = "waybill"

    /// The server that tests of this process share, or the reason why it did not start.
    package static let started = Result { try S3Server() }

    package static var isInstalled: Bool {
        FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/swift/proxy/server.py")
    }

    package struct Absent: Error, CustomStringConvertible {
        package let description: String
    }

    package let port: Int
    /// `http://127.0.0.1:PORT`, or with https.
    package let endpoint: String
    /// The certificate of a server that speaks TLS.
    package let certificate: String?
    private let folder: String
    private let input: Pipe

    /// Makes and starts a server.
    package init(isTLS: Bool = false) throws {
        guard Self.isInstalled else {
            throw Absent(description: "install python3-swift")
        }
        // All ports at once, so that no two are equal.
        let ports = try (0..<4).map { _ in try LoopbackListener() }.map(\.port)
        port = ports[0]
        endpoint = "\(isTLS ? "https" : "http")://127.0.0.1:\(ports[0])"
        // Not below TMPDIR: the servers store facts about an object in extended attributes, which /tmp may lack.
        var name = Array("/var/tmp/waybill-s3-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Absent(description: "no temporary folder can be made") }
        folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        input = Pipe()
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        certificate = isTLS ? "\(folder)/certificate.pem" : nil
        if isTLS { try Self.makeCertificate(in: folder) }
        try Data(Self.program.utf8).write(to: URL(fileURLWithPath: "\(folder)/server.py"))
        let log = "\(folder)/log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments =
            ["\(folder)/server.py", folder, Self.secretKey, Self.region, Self.bucket, isTLS ? "tls" : "plain"]
            + ports.map { "\($0)" }
        process.standardInput = input
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        try waitForStart()
    }

    deinit { try? input.fileHandleForWriting.close() }

    /// Kills the servers in the middle of their work.
    package func kill() throws {
        unlink("\(folder)/ready")
        try input.fileHandleForWriting.write(contentsOf: Data("kill\n".utf8))
        for _ in 0..<3000 where access("\(folder)/dead", F_OK) != 0 { usleep(10_000) }
    }

    /// Starts the servers again on their kept data.
    package func start() throws {
        try input.fileHandleForWriting.write(contentsOf: Data("start\n".utf8))
        try waitForStart()
    }

    private func waitForStart() throws {
        for _ in 0..<18_000 where access("\(folder)/ready", F_OK) != 0 { usleep(10_000) }
        guard access("\(folder)/ready", F_OK) == 0 else {
            let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "no log"
            throw Absent(description: "the S3 server did not start: \(log)")
        }
    }

    private static func makeCertificate(in folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
    }

    private static let program = """
        import ctypes, os, pwd, shutil, signal, ssl, sys, time, types
        import http.client
        folder, secret, region, bucket, mode = sys.argv[1:6]
        ports = dict(zip(['proxy', 'account', 'container', 'object'], map(int, sys.argv[6:])))
        user = pwd.getpwuid(os.geteuid()).pw_name

        from swift.common import utils
        utils.SWIFT_CONF_FILE = folder + '/swift.conf'
        with open(utils.SWIFT_CONF_FILE, 'w') as f:
            f.write('[swift-hash]\\nswift_hash_path_suffix = test\\n[storage-policy:0]\\nname = one\\ndefault = yes\\n')
        utils.validate_hash_conf()
        from swift.common import storage_policy
        storage_policy.reload_storage_policies()
        from swift.common.ring import RingBuilder
        from swift.common.wsgi import run_wsgi

        os.makedirs(folder + '/node/disk')
        tls = 'cert_file = %s/certificate.pem\\nkey_file = %s/key.pem\\n' % (folder, folder) if mode == 'tls' else ''
        for kind, port in ports.items():
            common = ('[DEFAULT]\\nbind_ip = 127.0.0.1\\nbind_port = %d\\nswift_dir = %s\\nuser = %s\\nworkers = 0\\n'
                      'log_address = %s/none\\nlog_level = ERROR\\n' % (port, folder, user, folder))
            with open('%s/%s.conf' % (folder, kind), 'w') as f:
                if kind == 'proxy':
                    f.write(common + tls + '''
        [pipeline:main]
        pipeline = catch_errors memory s3api tempauth slo proxy-server
        [filter:catch_errors]
        use = egg:swift#catch_errors
        [filter:memory]
        paste.filter_factory = testmemory:factory
        [filter:s3api]
        use = egg:swift#s3api
        location = %s
        [filter:tempauth]
        use = egg:swift#tempauth
        user_test_tester = %s .admin
        [filter:slo]
        use = egg:swift#slo
        [app:proxy-server]
        use = egg:swift#proxy
        account_autocreate = true
        ''' % (region, secret))
                    continue
                f.write(common + 'devices = %s/node\\nmount_check = false\\n' % folder)
                f.write('[pipeline:main]\\npipeline = %s-server\\n[app:%s-server]\\nuse = egg:swift#%s\\n' % ((kind,) * 3))
            builder = RingBuilder(2, 1, 0)
            builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1, 'ip': '127.0.0.1', 'port': port,
                             'device': 'disk', 'replication_ip': '127.0.0.1', 'replication_port': port})
            builder.rebalance()
            builder.get_ring().save('%s/%s.ring.gz' % (folder, kind))

        class Memory(dict):
            def __bool__(self): return True
            def get(self, key, *a, **k): return dict.get(self, key)
            def set(self, key, value, *a, **k): self[key] = value
            def delete(self, key, *a, **k): self.pop(key, None)
            def incr(self, key, delta=1, *a, **k):
                self[key] = self.get(key) or 0
                self[key] += delta
                return self[key]

        def factory(conf, **more):
            memory = Memory()
            def wrap(app):
                def call(env, start):
                    env['swift.cache'] = memory
                    return app(env, start)
                return call
            return wrap

        module = types.ModuleType('testmemory')
        module.factory = factory
        sys.modules['testmemory'] = module

        def request(method, path, headers):
            if mode == 'tls':
                c = http.client.HTTPSConnection('127.0.0.1', ports['proxy'], timeout=10,
                                                context=ssl._create_unverified_context())
            else:
                c = http.client.HTTPConnection('127.0.0.1', ports['proxy'], timeout=10)
            c.request(method, path, headers=headers)
            answer = c.getresponse()
            answer.read()
            return answer

        children = []
        def start():
            if os.path.exists(folder + '/dead'): os.unlink(folder + '/dead')
            for kind in ports:
                child = os.fork()
                if child == 0:
                    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
                    sys.exit(run_wsgi('%s/%s.conf' % (folder, kind), kind + '-server'))
                children.append(child)
            for attempt in range(1800):
                try:
                    keys = {'X-Auth-User': 'test:tester', 'X-Auth-Key': secret}
                    answer = request('GET', '/auth/v1.0', keys)
                    token = {'X-Auth-Token': answer.getheader('X-Auth-Token') or ''}
                    if answer.status == 200 and request('PUT', '/v1/AUTH_test/' + bucket, token).status < 300:
                        open(folder + '/ready', 'w').close()
                        return
                except (OSError, http.client.HTTPException):
                    pass
                time.sleep(0.1)

        def kill():
            while children:
                child = children.pop()
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            open(folder + '/dead', 'w').close()

        start()
        for line in sys.stdin:
            (start if line.strip() == 'start' else kill)()
        kill()
        shutil.rmtree(folder, ignore_errors=True)
        """
}
