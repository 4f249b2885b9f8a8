import Bytes
import Glibc

// DESIGN. A backup makes a file beside its final path, and a folder of links in the uploads folder. Both names contain the name
// of the process (`Owner`), so that the remains of a killed process can be distinguished from running work. The next backup
// into the same folder deletes such files; servers and backups delete such links. A folder of links whose owner cannot be
// determined, such as one of another machine or of an older program, is kept for a day.

/// The temporary files of backups.
struct BackupLeftovers {
    private static let partMark = ".part-"
    private static let linksMark = ".backup-"
    private static let ends = ["", "-wal", "-shm", "-journal"]

    let owner: Owner

    /// The path where the backup `path` is written first.
    func part(of path: String) -> String { path + Self.partMark + owner.name }

    /// The folder of a backup's links, in the uploads folder.
    func links(in spool: String) -> String { "\(spool)/\(Self.linksMark)\(owner.name)" }

    /// Deletes the file that a backup wrote, and SQLite's files beside it.
    static func remove(part: String) { for end in ends { unlink(part + end) } }

    /// Deletes the remains of dead backups from the folder of `path`. Returns the names.
    func sweepParts(beside path: String) -> [String] {
        let place = Folder.of(path)
        return (Folder.names(in: place) ?? []).filter { name in
            let end = Self.ends.last { name.hasSuffix($0) } ?? ""
            let stem = String(name.dropLast(end.count))
            guard let mark = stem.ranges(of: Self.partMark).last, owner.knowsDead(String(stem[mark.upperBound...]))
            else { return false }
            return unlink("\(place)/\(name)") == 0
        }
    }

    /// Deletes the links of dead backups from an uploads folder. Returns the names.
    func sweepLinks(in spool: String, now: Int64) -> [String] {
        (Folder.names(in: spool) ?? []).filter { name in
            guard name.hasPrefix(Self.linksMark) else { return false }
            let maker = String(name.dropFirst(Self.linksMark.count))
            var status = stat()
            let path = "\(spool)/\(name)"
            guard maker != owner.name, stat(path, &status) == 0 else { return false }
            guard owner.knowsDead(maker) || now / 1000 - Int64(status.st_mtim.tv_sec) > TimeText.day / 1000 else {
                return false
            }
            SpooledLinks.remove(path)
            return true
        }
    }
}
