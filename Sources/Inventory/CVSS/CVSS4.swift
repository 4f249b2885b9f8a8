/// CVSS version 4 (specification §8.2 and its MacroVector tables): the score in tenths.
///
/// A vector falls into a MacroVector, whose score experts set. The result is that score minus a mean: over the groups that
/// have a lower neighbour, how far the vector lies on the way to this neighbour.
enum CVSS4 {
    /// The severity of each value of a metric, in steps from the most severe value.
    private static let levels: [String: [String: Int]] = [
        "AV": ["N": 0, "A": 1, "L": 2, "P": 3], "PR": ["N": 0, "L": 1, "H": 2], "UI": ["N": 0, "P": 1, "A": 2],
        "AC": ["L": 0, "H": 1], "AT": ["N": 0, "P": 1],
        "VC": ["H": 0, "L": 1, "N": 2], "VI": ["H": 0, "L": 1, "N": 2], "VA": ["H": 0, "L": 1, "N": 2],
        "SC": ["H": 1, "L": 2, "N": 3], "SI": ["S": 0, "H": 1, "L": 2, "N": 3],
        "SA": ["S": 0, "H": 1, "L": 2, "N": 3],
        "CR": ["H": 0, "M": 1, "L": 2], "IR": ["H": 0, "M": 1, "L": 2], "AR": ["H": 0, "M": 1, "L": 2],
    ]

    /// The most severe vectors of each level of a group (specification, table 24 and following): values in the order of
    /// the group's metrics.
    private static let group1: (metrics: [String], highest: [[String]]) = (
        ["AV", "PR", "UI"], [["NNN"], ["ANN", "NLN", "NNP"], ["PNN", "ALP"]]
    )
    private static let group2: (metrics: [String], highest: [[String]]) = (["AC", "AT"], [["LN"], ["HN", "LP"]])
    private static let group4: (metrics: [String], highest: [[String]]) = (
        ["SC", "SI", "SA"], [["HSS"], ["HHH"], ["LLL"]]
    )
    /// Groups 3 and 6 depend on each other: by the level of 3, then of 6.
    private static let group36: (metrics: [String], highest: [[[String]]]) = (
        ["VC", "VI", "VA", "CR", "IR", "AR"],
        [
            [["HHHHHH"], ["HHLMMH", "HHHMMM"]],
            [["LHHHHH", "HLHHHH"], ["LHLHMH", "LHHHMM", "HLHMHM", "HLLMHH", "LLHHHM"]],
            [[], ["LLLHHH"]],
        ]
    )
    /// Steps between the most and the least severe vector of each level.
    private static let depth1 = [1, 4, 5]
    private static let depth2 = [1, 2]
    private static let depth36 = [[7, 6], [8, 8], [0, 10]]
    private static let depth4 = [6, 5, 4]

    static func score(_ metrics: [String: String]) -> Int {
        /// The effective value of a metric: the modified one, else the given one, else the worst case.
        func value(_ metric: String) -> String {
            if let modified = metrics["M" + metric], modified != "X" { return modified }
            let given = metrics[metric] ?? "X"
            if given != "X" { return given }
            return metric == "E" ? "A" : "H"
        }
        if ["VC", "VI", "VA", "SC", "SI", "SA"].allSatisfy({ value($0) == "N" }) { return 0 }
        let levels = MacroVector(value)
        guard let score = levels.score else { return 0 }
        var sum = 0.0
        var count = 0
        func take(_ lower: Int?, distance: Int, depth: Int) {
            guard let lower else { return }
            count += 1
            sum += Double(score - lower) * Double(distance) / Double(depth)
        }
        take(
            levels.lowered(0), distance: distance(value, group1.metrics, group1.highest[levels[0]]),
            depth: depth1[levels[0]])
        take(
            levels.lowered(1), distance: distance(value, group2.metrics, group2.highest[levels[1]]),
            depth: depth2[levels[1]])
        take(
            levels.loweredThreeAndSix,
            distance: distance(value, group36.metrics, group36.highest[levels[2]][levels[5]]),
            depth: depth36[levels[2]][levels[5]])
        take(
            levels.lowered(3), distance: distance(value, group4.metrics, group4.highest[levels[3]]),
            depth: depth4[levels[3]])
        // A level of group 5 has one vector only: no distance.
        take(levels.lowered(4), distance: 0, depth: 1)
        let mean = count == 0 ? 0 : sum / Double(count)
        // The summand keeps binary fractions from turning an exact half into slightly less than a half.
        return min(100, max(0, Int((Double(score) - mean + 0.00001).rounded(.toNearestOrAwayFromZero))))
    }

    /// Steps from the vector to the first of the level's most severe vectors that is at least as severe in each
    /// metric.
    private static func distance(_ value: (String) -> String, _ metrics: [String], _ highest: [String]) -> Int {
        for vector in highest {
            var sum = 0
            var isAbove = true
            for (metric, best) in zip(metrics, vector) {
                let step = (levels[metric]?[value(metric)] ?? 0) - (levels[metric]?[String(best)] ?? 0)
                if step < 0 { isAbove = false }
                sum += step
            }
            if isAbove { return sum }
        }
        return 0
    }

    /// The levels of the six groups (specification, tables 24 to 29): 0 is the most severe.
    struct MacroVector {
        private var levels: [Int]

        init(_ value: (String) -> String) {
            func any(_ metrics: [String], are letter: String) -> Bool { metrics.contains { value($0) == letter } }
            func all(_ metrics: [String], are letter: String) -> Bool { metrics.allSatisfy { value($0) == letter } }
            let reach = ["AV", "PR", "UI"]
            let one = all(reach, are: "N") ? 0 : any(reach, are: "N") && value("AV") != "P" ? 1 : 2
            let two = value("AC") == "L" && value("AT") == "N" ? 0 : 1
            let three = all(["VC", "VI"], are: "H") ? 0 : any(["VC", "VI", "VA"], are: "H") ? 1 : 2
            let four = any(["SI", "SA"], are: "S") ? 0 : any(["SC", "SI", "SA"], are: "H") ? 1 : 2
            let five = value("E") == "A" ? 0 : value("E") == "P" ? 1 : 2
            let isNeeded = ["C", "I", "A"].contains { value($0 + "R") == "H" && value("V" + $0) == "H" }
            levels = [one, two, three, four, five, isNeeded ? 0 : 1]
        }

        subscript(_ group: Int) -> Int { levels[group] }

        /// The score of the MacroVector in tenths; nil when there is none.
        var score: Int? { Self.score(of: levels) }

        /// The score of the MacroVector that is one level lower in one group.
        func lowered(_ group: Int) -> Int? {
            var lower = levels
            lower[group] += 1
            return Self.score(of: lower)
        }

        /// As above for groups 3 and 6, which depend on each other: the higher score where either group may be
        /// lowered.
        var loweredThreeAndSix: Int? {
            switch (levels[2], levels[5]) {
            case (0, 0):
                switch (lowered(5), lowered(2)) {
                case (let six?, let three?): return max(six, three)
                case (let six, let three): return six ?? three
                }
            case (1, 0): return lowered(5)
            case (0, 1), (1, 1): return lowered(2)
            case (_, _): return nil
            }
        }

        private static func score(of levels: [Int]) -> Int? {
            let sizes = [3, 2, 3, 3, 3, 2]
            var index = 0
            for (level, size) in zip(levels, sizes) {
                guard level < size else { return nil }
                index = index * size + level
            }
            let found = scores[index]
            return found == absent ? nil : Int(found)
        }
    }
}
