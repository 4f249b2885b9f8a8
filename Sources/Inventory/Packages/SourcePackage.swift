/// A source package of a distribution.
package struct SourcePackage: Sendable, Hashable {
    package var name: String
    /// With epoch and release as far as known; empty when the source has the version of the package.
    package var version: String

    package init(name: String, version: String = "") {
        self.name = name
        self.version = version
    }

    /// Takes the parts, as Trivy gives them: `1`, `3.0.11`, `1~deb12u1`.
    package init(name: String, epoch: String, version: String, release: String) {
        self.name = name
        self.version = version
        guard !version.isEmpty else { return }
        if !release.isEmpty { self.version += "-\(release)" }
        if !epoch.isEmpty, epoch != "0", !version.contains(":") { self.version = "\(epoch):\(self.version)" }
    }

    /// Reads the name of a source file, `openssl-1.1.1k-7.el8_6.src.rpm`; nil when the name has another form.
    package init?(file: String) {
        let ends = [".src.rpm", ".nosrc.rpm"]
        guard let end = ends.first(where: file.hasSuffix) else { return nil }
        let parts = file.dropLast(end.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count > 2 else { return nil }
        name = parts.dropLast(2).joined(separator: "-")
        version = parts[(parts.count - 2)...].joined(separator: "-")
        if name.isEmpty { return nil }
    }

    /// Reads a qualifier of a package URL: `name@version`, `name-version-release.src.rpm` or `name`.
    init?(qualifier text: String) {
        if let file = SourcePackage(file: text) {
            self = file
        } else if let at = text.lastIndex(of: "@"), at > text.startIndex {
            self.init(name: String(text[..<at]), version: String(text[text.index(after: at)...]))
        } else if !text.isEmpty, !text.hasSuffix(".rpm") {
            self.init(name: text)
        } else {
            return nil
        }
    }

    /// Reads SPDX's `sourceInfo` as Trivy writes it: `built package from: openssl 3.0.11-1~deb12u1`; nil for another
    /// text.
    package init?(sourceInfo text: String) {
        let beginning = "built package from: "
        guard text.hasPrefix(beginning) else { return nil }
        let line = text.dropFirst(beginning.count).prefix { !$0.isNewline }
        let words = line.split(separator: " ", maxSplits: 2)
        guard let name = words.first else { return nil }
        self.init(name: String(name), version: words.count > 1 ? String(words[1]) : "")
    }
}
