import Glibc
import Outbound
import Store

extension Flag {
    /// Flags of artifacts in a bucket.
    static let s3 = [
        Flag("s3-endpoint", "URL", "where the bucket is, https://HOST:PORT (Amazon's endpoint of the region)"),
        Flag("s3-region", "NAME", "the region to sign for (AWS_REGION, else us-east-1)"),
        Flag("s3-path-style", "YES|NO", "ask HOST/BUCKET, not BUCKET.HOST (yes with --s3-endpoint)"),
        Flag(
            "s3-credentials", "FILE", "shared credentials file, when AWS_ACCESS_KEY_ID is not set (~/.aws/credentials)"),
        Flag("s3-profile", "NAME", "the section of that file (AWS_PROFILE, else default)"),
        Flag("s3-trust", "FILE", "authorities to trust in place of the system's, PEM"),
        Flag("s3-link-seconds", "N", "send clients to the bucket by links good for so long; 0 sends bytes (0)"),
    ]
}

extension Configuration {
    /// The result of `--artifacts s3://…` and of related settings. Secrets are read on use.
    func s3Settings(_ location: String) throws -> S3Settings {
        let region = self["s3-region"] ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") ?? "us-east-1"
        let file =
            self["s3-credentials"] ?? variable("AWS_SHARED_CREDENTIALS_FILE")
            ?? (variable("HOME") ?? "") + "/.aws/credentials"
        let profile = self["s3-profile"] ?? variable("AWS_PROFILE") ?? "default"
        var settings: S3Settings
        do {
            settings = try S3Settings(
                location: location, endpoint: self["s3-endpoint"], region: region, isPathStyle: try pathStyle()
            ) { () throws(StoreError) in
                try AWSCredentials.find(file: file, profile: profile, variable: variable)
            }
        } catch let error as StoreError {
            throw UsageError(description: "\(error)")
        }
        settings.trusted = self["s3-trust"]
        // S3 accepts no link that is valid for more than a week.
        let seconds = try number("s3-link-seconds", in: 0...604_800, default: 0)
        settings.linkLife = seconds == 0 ? nil : seconds
        return settings
    }

    private func pathStyle() throws(UsageError) -> Bool? {
        switch self["s3-path-style"]?.lowercased() {
        case nil: return nil
        case "yes", "true": return true
        case "no", "false": return false
        case let other?: throw UsageError(description: "--s3-path-style is \(other); accepted: yes or no")
        }
    }
}

/// A variable of the environment; nil when it is empty.
private func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}
