import Outbound
import Testing

struct AWSSignatureTests {
    /// Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters": the example at its end.
    @Test("the signature of the reference's example")
    func signature() {
        let signature = AWSSignature(
            credentials: AWSCredentials(
                accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", time: 1_369_353_600_000)
        let link = signature.link(
            scheme: "https", host: "examplebucket.s3.amazonaws.com", path: "/test.txt", parameters: [], seconds: 86400)
        #expect(
            link == """
                https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&\
                X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&\
                X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&\
                X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404
                """)
    }
}
