/// Maven's versions as `org.apache.maven.artifact.versioning.ComparableVersion` of Maven 3.8 orders them.
///
/// Every text is a version. Versions that consist of numbers and points are compared directly. Others become a tree of
/// items, because a hyphen opens a list that is compared as one item.
enum MavenVersion {
    static func compare(_ left: VersionBytes, _ right: VersionBytes) -> Int? {
        if let plain = comparePlain(left, right) { return plain }
        return MavenItem.list(of: left).compare(with: MavenItem.list(of: right))
    }
}

private indirect enum MavenItem {
    case number(VersionBytes)
    /// A known qualifier by its rank; any other one (rank 7) by its letters.
    case qualifier(Int, VersionBytes)
    case list([MavenItem])

    /// The rank of the empty qualifier, which means the release itself.
    private static let release = 5

    // MARK: Reading

    static func list(of bytes: VersionBytes) -> MavenItem {
        var stack: [[MavenItem]] = [[]]
        var isDigits = false
        var start = 0
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") {
                let item = index == start ? .number(bytes.slice(0..<0)) : item(bytes.slice(start..<index), isDigits)
                stack[stack.count - 1].append(item)
                start = index + 1
                if byte == UInt8(ascii: "-") { stack.append([]) }
            } else if isNumeral(byte) {
                if !isDigits, index > start {
                    // `.X1` counts as `-X1`.
                    if stack.last?.isEmpty == false { stack.append([]) }
                    stack[stack.count - 1].append(qualifier(bytes.slice(start..<index), isBeforeDigit: true))
                    start = index
                    stack.append([])
                }
                isDigits = true
            } else {
                if isDigits, index > start {
                    stack[stack.count - 1].append(.number(bytes.slice(start..<index)))
                    start = index
                    stack.append([])
                }
                isDigits = false
            }
        }
        if start < bytes.count {
            if !isDigits, stack.last?.isEmpty == false { stack.append([]) }
            stack[stack.count - 1].append(item(bytes.slice(start..<bytes.count), isDigits))
        }
        var inner: [MavenItem]?
        while let open = stack.popLast() {
            var items = open
            if let inner { items.append(.list(inner)) }
            trim(&items)
            inner = items
        }
        return .list(inner ?? [])
    }

    private static func item(_ bytes: VersionBytes, _ isDigits: Bool) -> MavenItem {
        isDigits ? .number(bytes) : qualifier(bytes, isBeforeDigit: false)
    }

    private static func qualifier(_ bytes: VersionBytes, isBeforeDigit: Bool) -> MavenItem {
        if isBeforeDigit, bytes.count == 1 {
            switch lowered(bytes[0]) {
            case UInt8(ascii: "a"): return .qualifier(0, bytes)
            case UInt8(ascii: "b"): return .qualifier(1, bytes)
            case UInt8(ascii: "m"): return .qualifier(2, bytes)
            default: break
            }
        }
        if bytes.equals("alpha") { return .qualifier(0, bytes) }
        if bytes.equals("beta") { return .qualifier(1, bytes) }
        if bytes.equals("milestone") { return .qualifier(2, bytes) }
        if bytes.equals("rc") || bytes.equals("cr") { return .qualifier(3, bytes) }
        if bytes.equals("snapshot") { return .qualifier(4, bytes) }
        if bytes.equals("ga") || bytes.equals("final") || bytes.equals("release") { return .qualifier(release, bytes) }
        if bytes.equals("sp") { return .qualifier(6, bytes) }
        return .qualifier(7, bytes)
    }

    /// Drops null components at the end and before trailing lists.
    private static func trim(_ items: inout [MavenItem]) {
        var index = items.count - 1
        while index >= 0 {
            if items[index].isNothing {
                items.remove(at: index)
            } else if case .list = items[index] {
            } else {
                return
            }
            index -= 1
        }
    }

    private var isNothing: Bool {
        switch self {
        case .number(let digits): digits.isZero
        case .qualifier(let rank, _): rank == Self.release
        case .list(let items): items.isEmpty
        }
    }

    // MARK: Order

    func compare(with other: MavenItem?) -> Int {
        switch (self, other) {
        case (.number(let digits), nil): return digits.isZero ? 0 : 1
        case (.number(let left), .number(let right)): return left.compareNumber(right)
        case (.number, _): return 1
        case (.qualifier(let rank, _), nil): return sign(rank, Self.release)
        case (.qualifier(let left, let text), .qualifier(let right, let otherText)):
            if left != right { return sign(left, right) }
            return left == 7 ? text.compareBytes(otherText, ignoringCase: true) : 0
        case (.qualifier, _): return -1
        case (.list(let items), nil):
            for item in items {
                let order = item.compare(with: nil)
                if order != 0 { return order }
            }
            return 0
        case (.list, .number): return -1
        case (.list, .qualifier): return 1
        case (.list(let left), .list(let right)):
            for index in 0..<max(left.count, right.count) {
                let order: Int
                if index >= left.count {
                    order = -right[index].compare(with: nil)
                } else {
                    order = left[index].compare(with: index < right.count ? right[index] : nil)
                }
                if order != 0 { return order }
            }
            return 0
        }
    }
}
