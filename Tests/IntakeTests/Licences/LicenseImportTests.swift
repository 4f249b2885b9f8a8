import Database
import Foundation
import Intake
import TestSupport
import Testing

@Suite struct LicenseImportTests {
    @Test(arguments: TemporaryDatabase.engines) func textsComeInAndAreReplaced(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let folder = try TemporaryFolder()
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path(name)))
        }
        try write("MIT.json", #"{"licenseText":"Permission is \"granted\"","isOsiApproved":true,"licenseId":"MIT"}"#)
        try write("Classpath.json", #"{"licenseExceptionId":"Classpath","licenseExceptionText":"As an exception"}"#)
        try write("licenses.json", #"{"licenses":[{"licenseId":"no text"}]}"#)
        try write("README", "no JSON")
        let work = LicenseImport(database: database)
        #expect(try work.run(folder.url.path) == 2)
        try write("MIT.json", #"{"licenseId":"MIT","licenseText":"second"}"#)
        #expect(try work.run(folder.path("MIT.json")) == 1)
        let texts = try database.read {
            try $0.all("SELECT spdx, body FROM license_text ORDER BY spdx") { [$0.string(0), $0.string(1)] }
        }
        #expect(texts == [["Classpath", "As an exception"], ["MIT", "second"]])
        // One unreadable file keeps the whole folder from being imported.
        try write("broken.json", #"{"licenseId":"X","licenseText":"#)
        try write("New.json", #"{"licenseId":"New","licenseText":"new"}"#)
        #expect(throws: LicenseImportError.self) { try work.run(folder.url.path) }
        #expect(throws: LicenseImportError.self) { try work.run(folder.path("licenses.json")) }
        #expect(try database.read { try LicenseTexts.count(on: $0) } == 2)
    }
}
