import Bytes
import Database
import HTTP
import Jobs
import Reports

// Lists made by the engine of reports: mend-api.md §3.3, §3.4. Some are a report's JSON under another name.

extension Call {
    static let lists: [Call] = {
        var calls: [Call] = []
        for kind in ScopeKind.allCases {
            let word = kind.requestWord
            calls.append(alerts("get\(word)Alerts", kind, kind.prefix + "AlertsReport"))
            calls.append(alertsByType("get\(word)AlertsByType", kind))
            calls.append(alerts("get\(word)IgnoredAlerts", kind, kind.prefix + "IgnoreAlertsReport"))
            calls.append(asJSON("get\(word)InHouseLibraries", kind, kind.prefix + "InHouseReport"))
            if kind != .organization {
                calls.append(asJSON("get\(word)LibraryLocations", kind, kind.prefix + "LibraryLocationReport"))
            }
            calls.append(
                SynchronousReports.call(
                    "get\(word)Licenses", kind, takes: [.flag("excludeProjectOccurrences")]
                ) { visit in
                    let isShort = try visit.request.flag("excludeProjectOccurrences", default: false)
                    return try SynchronousReports.Wanted(
                        isShort ? .libraryLicensesAlone : .libraryLicenses, visit, format: nil, fields: [:])
                })
        }
        calls.append(projectInventory)
        calls.append(alertsByProjectTag)
        return calls
    }()

    private static func asJSON(_ name: String, _ kind: ScopeKind, _ type: String) -> Call {
        SynchronousReports.call(name, kind, takes: Parameter.ofReport(type, in: kind)) { visit in
            var fields = try visit.request.filters(topFirst: [])
            fields.removeValue(forKey: "format")
            return try SynchronousReports.Wanted(type, visit, format: "json", fields: fields)
        }
    }

    /// Alerts of all types, even if the request names one.
    private static func alerts(_ name: String, _ kind: ScopeKind, _ type: String) -> Call {
        SynchronousReports.call(name, kind, takes: Parameter.ofReport(type, in: kind)) { visit in
            var fields = try visit.request.filters(topFirst: [])
            fields.removeValue(forKey: "format")
            fields.removeValue(forKey: "alerttype")
            return try SynchronousReports.Wanted(type, visit, format: "json", fields: fields)
        }
    }

    /// Alerts of the type that the request must name.
    private static func alertsByType(_ name: String, _ kind: ScopeKind) -> Call {
        let type = kind.prefix + "AlertsReport"
        return SynchronousReports.call(
            name, kind, takes: Parameter.ofReport(type, in: kind) + [.text("alertType").required]
        ) { visit in
            var fields = try visit.request.filters(topFirst: [])
            fields.removeValue(forKey: "format")
            _ = try visit.request.text("alertType", accepted: "the type of alerts, as SECURITY_VULNERABILITY")
            return try SynchronousReports.Wanted(type, visit, format: "json", fields: fields)
        }
    }

    private static let alertsByProjectTag = SynchronousReports.call(
        "getAlertsByProjectTag", .organization,
        takes: Parameter.tag + Parameter.ofReport("OrgAlertsReport", in: .organization)
    ) { visit in
        let tag = try visit.request.tag()
        var fields = try visit.request.filters(topFirst: [])
        fields["projecttag"] = ["\(tag.key)\n\(tag.value)"]
        return try SynchronousReports.Wanted(.alertsByProjectTag, visit, format: nil, fields: fields)
    }

    private static let projectInventory = SynchronousReports.call(
        "getProjectInventory", .project, takes: Parameter.of(.projectInventory)
    ) { visit in
        var fields = try visit.request.filters(topFirst: ["format"])
        let format = fields.removeValue(forKey: "format")?.first
        var wanted = try SynchronousReports.Wanted(.projectInventory, visit, format: format, fields: fields)
        if let vital = try ProjectVital.list(visit.scope, on: visit.connection).first {
            wanted.head = Answer.text { $0.object("projectVitals") { $0.vital(vital) } }
        }
        return wanted
    }
}
