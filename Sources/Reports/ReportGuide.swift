import Database

/// The documentation of all reports, made from the catalog: `docs/reports.md` (`make docs`).
package enum ReportGuide {
    package static var markdown: String {
        var text = """
            # The reports

            Made from the catalog (`Sources/Reports/Catalog`) by `make docs`; a test holds it current. How to ask for a report,
            poll and download stands in `README.md`. The first format is the default. Filters stand in `filter` or beside it, in
            any case, booleans and numbers also as texts; a key inside `filter` that the report does not know is not used and is named under `notes` of the answer; a bad value, or several where one is meant, is an error that names what is
            accepted. `notes` of the answer also say what rows cannot: that nothing could be looked up in advisories, that a filter names what is not here, what is left out.
            Spreadsheets and pages show addresses that a program would open from the reader's own machine in a form of which none makes a link: `file[:]///…`. Spreadsheets, PDF and CSV show the columns with a heading, JSON, NDJSON and XML those with a key; `a.b` is the member
            `b` of an object `a`. NDJSON has each row as an object on a line; where a report has several tables, in an object whose only key
            is that of the table.

            XLSX and PDF are for people: rows that carry a severity come most severe first, then by CVE, library and project, over all parts; severities have a
            colour, CVE and library are links, descriptions are the first sentences without Markdown and without proofs of concept. JSON, XML and CSV are for programs
            and keep the order by project. A PDF shows the columns that a page has room for and names the others. On its first page, and in the sheet *About* behind the
            tables of a workbook, stand the filters, the number of rows of each severity, and what the verdict rests on.

            `severity` and `score` (*Score*, *CVSS Version*) are those of the newest version of CVSS that rates a vulnerability. `cvss3_severity` and `cvss3_score`
            (*CVSS 3 Severity*, *CVSS 3 Score*) are those of CVSS 3, and of CVSS 4 where that alone rates, so that there is a number wherever one is known.
            `scoreMetadataVector` is the vector of CVSS 3 where there is one, else that of the version that decides: beside a score of CVSS 4 it explains
            `cvss3_score`.

            A request has at most 1 MiB, which is about 26,000 UUIDs in a list such as `alertUuids`; what is longer is answered with HTTP 413 and
            a line of text. Send several requests, each with a part of the list. Uploads have a limit of their own (`docs/uploads.md`).

            | report | organization | product | project | formats |
            |---|---|---|---|---|

            """
        let reports = Report.catalog.sorted { $0.title < $1.title }
        for report in reports {
            let names = ScopeKind.allCases.map { report.name.types[$0].map { "`\($0)`" } ?? "" }
            text += "| \(report.title) | \(names.joined(separator: " | ")) | \(formats(of: report)) |\n"
        }
        for report in reports { text += section(report) }
        return text
    }

    private static func formats(of report: Report) -> String {
        report.formats.map(\.rawValue).joined(separator: ", ")
    }

    private static func section(_ report: Report) -> String {
        var text = "\n## \(report.title)\n\n"
        let types = ScopeKind.allCases.compactMap { report.name.types[$0] }
        text += types.map { "`\($0)`" }.joined(separator: ", ") + ": \(formats(of: report)).\n"
        if !report.filters.isEmpty {
            text += "\n| filter | accepted | meaning |\n|---|---|---|\n"
            for filter in report.filters {
                text += "| `\(filter.key)` | \(filter.accepted) | \(escaped(filter.meaning)) |\n"
            }
        }
        switch report.body {
        case .bom:
            text +=
                "\nOne document of the standard; `docs/sbom.md` lists what is read and written, and what a conversion loses.\n"
        case .vex:
            text += "\nOne document of the standard; `docs/vex.md` lists what each can say.\n"
        case .attribution:
            text +=
                """

                One document, sorted by name: whose it is and of which day, contents, components by license, components with their licenses, \
                copyright lines (each with its source) and notices, then what has to be looked at before it ships: components of which no \
                license or no copyright is known, choices that were made, source code of copyleft components, licenses whose text is not \
                known. Texts come from documents and from `waybill import licenses`; `docs/licences.md` says which lines count. HTML and PDF have \
                each text once in an appendix, with links. Text is laid out as THIRD-PARTY-NOTICES. JSON has Mend's keys `summary` and `detail`, \
                and `copyrightSources`, `noLicenseKnown`, `noCopyrightKnown`, `choices`, `sourceOffers`, `licensesWithoutText`, `appendix`.

                """
        case .risk:
            text +=
                "\nPages to print: summary, security, licences, policies, quality, trend. Another format of a report is taken and not used: `notes` of the answer says so.\n"
        case .tables(let tables):
            for table in tables {
                let path = table.levels.map { "\($0.key)[]." }.joined()
                text += "\nRows under `\(path)\(table.key)`, the sheet *\(table.title)*:\n\n"
                if let words = table.urgency?.words {
                    text += "Order in XLSX and PDF: \(words.joined(separator: "; ")).\n\n"
                }
                text += "| key | heading | kind |\n|---|---|---|\n"
                var outer = ""
                for level in table.levels {
                    outer += "\(level.key)[]."
                    text += level.columns.map { row($0, under: outer) }.joined()
                }
                text += table.columns.map(row).joined()
                for list in table.lists {
                    text += "| `\(list.key)[]` | | list |\n"
                    text += list.columns.map { row($0, under: "\(list.key)[].") }.joined()
                }
            }
        }
        return text
    }

    private static func row(_ column: Column) -> String { row(column, under: "") }

    private static func row(_ column: Column, under path: String) -> String {
        let key = column.key.isEmpty ? "" : "`\(path)\(column.key)`"
        let option = column.option.map { ", with `\($0.filter)` = \($0.value)" } ?? ""
        return "| \(key) | \(escaped(column.title)) | \(column.kind.word)\(option) |\n"
    }

    private static func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }
}

extension Column.Kind {
    fileprivate var word: String {
        switch self {
        case .text, .severity, .prose: "text"
        case .integer: "whole number"
        case .real: "number"
        case .boolean: "boolean"
        case .date: "date, `yyyy-MM-dd`"
        case .timestamp: "time, `yyyy-MM-dd HH:mm:ss`, UTC"
        case .link: "address"
        case .names(_, let key, _): key.isEmpty ? "list of texts" : "list of objects, the text under `\(key)`"
        }
    }
}

extension Filter {
    /// The accepted values, in words.
    package var accepted: String {
        switch kind {
        case .flag(let value?): "true, false; \(value) when absent"
        case .flag(nil): "true, false"
        case .choice(let words): words.joined(separator: ", ")
        case .list(let words): "any of \(words.joined(separator: ", "))"
        case .time, .endTime: "`yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss`, UTC"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .share: "a number from 0 to 1"
        case .text: "text"
        case .texts: "a text or a list of texts, any of them"
        case .names: "a text, a list of texts, or a text with commas, any of them"
        }
    }
}
