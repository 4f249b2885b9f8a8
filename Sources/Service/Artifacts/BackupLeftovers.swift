import Bytes
import Glibc

// DESIGN. A backup makes a file beside its name and a folder of links in the folder of uploads; both carry the name of the
// process (`Owner`), so that what a killed one left can be distinguished from the work of one that runs. The next backup into the same
// folder removes such files, servers and backups remove such links. A folder of links whose owner cannot be known, as
// one of another machine or of an older program, has a day.

/// The temporary files of backups.
struct BackupLeftovers {
    private static let partMark = ".part-"
    private static let linksMark = ".backup-"
    private static let ends = ["", "-wal", "-shm", "-journal"]

    let owner: Owner

    /// Where the backup `path` is written.
    func part(of path: String) -> String { path + Self.partMark + owner.name }

    /// Where the links of a backup lie, in the folder of uploads.
    func links(in spool: String) -> String { "\(spool)/\(Self.linksMark)\(owner.name)" }

    /// Removes the file that a backup wrote, and SQLite's files beside it.
    static func remove(part: String) { for end in ends { unlink(part + end) } }

    /// Removes what dead backups left in the folder that `path` is in. Returns the names.
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

    /// Removes the links of dead backups from a folder of uploads. Returns the names.
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
