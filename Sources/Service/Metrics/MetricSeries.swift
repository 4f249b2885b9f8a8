import Synchronization

// DESIGN. A family is declared once, with its help and its kind. A series is a family with the values of its labels. Label
// values are words of the program (calls, report types, formats, states), never text of a request, so the number of series
// is bounded. The text is Prometheus' exposition format 0.0.4.

/// All families of metrics that a process exposes.
enum MetricFamily: String, CaseIterable {
    case httpRequests = "waybill_http_requests_total"
    case httpSeconds = "waybill_http_request_duration_seconds"
    case httpBytes = "waybill_http_response_bytes_total"
    case calls = "waybill_api_calls_total"
    case callErrors = "waybill_api_errors_total"
    case jobs = "waybill_jobs_total"
    case jobSeconds = "waybill_job_duration_seconds"
    case jobWait = "waybill_job_claim_latency_seconds"
    case reports = "waybill_reports_total"
    case reportSeconds = "waybill_report_duration_seconds"
    case reportRows = "waybill_report_rows_total"
    case artifactBytes = "waybill_artifact_written_bytes_total"
    case databaseErrors = "waybill_database_errors_total"
    case databaseSeconds = "waybill_database_write_duration_seconds"
    case storeErrors = "waybill_store_errors_total"
    case storeSeconds = "waybill_store_duration_seconds"
    case requestFailures = "waybill_request_failures_total"
    case queueJobs = "waybill_queue_jobs"
    case queueOldest = "waybill_queue_oldest_seconds"
    case queueWaiting = "waybill_queue_waiting_jobs"
    case queueWaitingOldest = "waybill_queue_waiting_oldest_seconds"
    case queueGivenUp = "waybill_queue_given_up_jobs"
    case components = "waybill_components"
    case advisories = "waybill_advisories"
    case advisoryNewest = "waybill_advisory_newest_timestamp_seconds"
    case advisoryRead = "waybill_advisory_read_timestamp_seconds"
    case artifacts = "waybill_artifacts"
    case storedBytes = "waybill_artifact_bytes"
    case databaseUp = "waybill_database_up"
    case oldestSnapshot = "waybill_database_oldest_snapshot_seconds"
    case feedAge = "waybill_feed_age_seconds"
    case feedNewest = "waybill_feed_newest_record_seconds"
    case feedFailing = "waybill_feed_failing"
    case workers = "waybill_workers"
    case build = "waybill_build_info"
    case processMemory = "process_resident_memory_bytes"
    case processCPU = "process_cpu_seconds_total"
    case processFiles = "process_open_fds"
    case processStart = "process_start_time_seconds"

    enum Kind: Equatable {
        case counter
        case gauge
        /// A histogram, with the ascending upper bounds of its buckets.
        case histogram([Double])
    }

    /// The kind, the labels' names and the help text of the family.
    var facts: (kind: Kind, labels: [String], help: String) {
        switch self {
        case .httpRequests: (.counter, ["method", "path", "status"], "HTTP requests that ended.")
        case .httpSeconds: (.histogram(Self.quick), ["path"], "Seconds from a request's head to its answer's end.")
        case .httpBytes: (.counter, ["path"], "Bytes of answers.")
        case .calls: (.counter, ["call", "outcome"], "Calls of the Mend API: ok, refused or failed.")
        case .callErrors: (.counter, ["call", "code"], "Calls that answered an errorCode.")
        case .jobs: (.counter, ["kind", "outcome"], "Attempts at jobs by how they ended.")
        case .jobSeconds: (.histogram(Self.slow), ["kind"], "Seconds from a job's claim to the attempt's end.")
        case .jobWait: (.histogram(Self.slow), ["kind"], "Seconds from a job's submission to its first claim.")
        case .reports: (.counter, ["type", "format", "source"], "Reports that were made, or found made already.")
        case .reportSeconds: (.histogram(Self.slow), ["type", "format"], "Seconds that making a report took.")
        case .reportRows: (.counter, ["type", "format"], "Rows of reports that were made.")
        case .artifactBytes: (.counter, ["format"], "Bytes of artifacts that were made.")
        case .databaseErrors: (.counter, ["kind"], "Errors of the database by kind.")
        case .databaseSeconds:
            (.histogram(Self.quick), [], "Seconds of write transactions, waiting for the writer included.")
        case .storeErrors: (.counter, ["doing"], "Errors of the artifact store by what was being done.")
        case .storeSeconds: (.histogram(Self.quick), ["doing"], "Seconds of operations of the artifact store.")
        case .requestFailures: (.counter, [], "Requests that failed for a reason inside; the log says why.")
        case .queueJobs: (.gauge, ["kind", "state"], "Unfinished jobs of the database.")
        case .queueOldest: (.gauge, ["kind", "state"], "Seconds since the oldest unfinished job was submitted.")
        case .queueWaiting: (.gauge, ["reason"], "Jobs that wait for what the surroundings lack.")
        case .queueWaitingOldest: (.gauge, ["reason"], "Seconds since the job that waits longest for it began to.")
        case .queueGivenUp: (.gauge, [], "Jobs that failed because their attempts were used up; waybill retry.")
        case .components:
            (.gauge, ["lookup"], "Components of all projects: matched with advisories, or what was in the way.")
        case .advisories:
            (.gauge, ["ecosystem"], "Advisories by ecosystem; of several releases one counts for each of them.")
        case .advisoryNewest: (.gauge, ["ecosystem"], "When the newest advisory was changed, seconds since 1970.")
        case .advisoryRead:
            (.gauge, ["ecosystem"], "When advisories were last looked through for news, seconds since 1970.")
        case .artifacts: (.gauge, [], "Artifacts that are kept.")
        case .storedBytes: (.gauge, [], "Bytes of artifacts that are kept.")
        case .databaseUp: (.gauge, [], "1 when the database answered.")
        case .oldestSnapshot:
            (.gauge, [], "Seconds since the oldest transaction began that holds a snapshot of PostgreSQL.")
        case .feedAge: (.gauge, ["source"], "Seconds since a source of knowledge was last looked at with success.")
        case .feedNewest: (.gauge, ["source"], "When the newest record of a source was written, seconds since 1970.")
        case .feedFailing: (.gauge, ["source"], "1 when the last look at a source failed.")
        case .workers: (.gauge, [], "Report workers of this process.")
        case .build: (.gauge, ["version", "database"], "Always 1; the labels say what runs.")
        case .processMemory: (.gauge, [], "Resident memory of the process.")
        case .processCPU: (.counter, [], "Processor seconds of the process.")
        case .processFiles: (.gauge, [], "Open file descriptors of the process.")
        case .processStart: (.gauge, [], "When the process began, seconds since 1970.")
        }
    }

    /// Bounds for fast requests, and for background work.
    private static let quick = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private static let slow = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
}

/// Numbers by family and labels.
struct MetricSeries {
    private enum Value {
        case number(Double)
        /// The observations in each bucket, the last for those beyond all bounds, and their sum.
        case histogram([Int], Double)
    }

    private var values: [MetricFamily: [[String]: Value]] = [:]

    /// Adds to a counter.
    mutating func add(_ family: MetricFamily, _ labels: [String] = [], _ amount: Double = 1) {
        if case .number(let before)? = values[family]?[labels] {
            values[family]?[labels] = .number(before + amount)
        } else {
            values[family, default: [:]][labels] = .number(amount)
        }
    }

    mutating func set(_ family: MetricFamily, _ labels: [String] = [], _ value: Double) {
        values[family, default: [:]][labels] = .number(value)
    }

    /// Adds an observation to a histogram.
    mutating func observe(_ family: MetricFamily, _ labels: [String] = [], _ value: Double) {
        guard case .histogram(let bounds) = family.facts.kind else { return }
        let place = bounds.firstIndex { value <= $0 } ?? bounds.count
        guard case .histogram(var counts, let sum)? = values[family]?[labels] else {
            var counts = [Int](repeating: 0, count: bounds.count + 1)
            counts[place] = 1
            values[family, default: [:]][labels] = .histogram(counts, value)
            return
        }
        counts[place] += 1
        values[family]?[labels] = .histogram(counts, sum + value)
    }

    // MARK: The text

    var text: String {
        var text = ""
        for family in MetricFamily.allCases {
            guard let series = values[family], !series.isEmpty else { continue }
            let (kind, names, help) = family.facts
            let word =
                switch kind {
                case .counter: "counter"
                case .gauge: "gauge"
                case .histogram: "histogram"
                }
            text += "# HELP \(family.rawValue) \(help)\n# TYPE \(family.rawValue) \(word)\n"
            for (labels, value) in series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                let pairs = zip(names, labels).map { ($0, $1) }
                switch (value, kind) {
                case (.histogram(let counts, let sum), .histogram(let bounds)):
                    var total = 0
                    for (place, count) in counts.enumerated() {
                        total += count
                        let bound = place < bounds.count ? Self.number(bounds[place]) : "+Inf"
                        text += "\(family.rawValue)_bucket\(Self.braces(pairs + [("le", bound)])) \(total)\n"
                    }
                    text += "\(family.rawValue)_sum\(Self.braces(pairs)) \(Self.number(sum))\n"
                    text += "\(family.rawValue)_count\(Self.braces(pairs)) \(total)\n"
                case (.number(let number), _):
                    text += "\(family.rawValue)\(Self.braces(pairs)) \(Self.number(number))\n"
                case (.histogram, _): continue
                }
            }
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    /// Labels with their values; the format requires escaping a backslash, a quote and a line feed in values.
    private static func braces(_ pairs: [(String, String)]) -> String {
        guard !pairs.isEmpty else { return "" }
        let inside = pairs.map { name, value in
            var escaped = ""
            for character in value.unicodeScalars {
                switch character {
                case "\\": escaped += "\\\\"
                case "\"": escaped += "\\\""
                case "\n": escaped += "\\n"
                default: escaped.unicodeScalars.append(character)
                }
            }
            return "\(name)=\"\(escaped)\""
        }
        return "{\(inside.joined(separator: ","))}"
    }
}
