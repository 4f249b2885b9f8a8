import Foundation

/// Bills of materials that the tests write themselves.
enum Document {
    /// A CycloneDX document with this many libraries in a chain of dependencies, each with a licence and a digest.
    static func cycloneDX(libraries count: Int, name: String = "cart", version: String = "1.0") -> Data {
        var text = """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{"timestamp":"2026-01-02T03:04:05Z",\
            "component":{"type":"application","bom-ref":"root","name":"\(name)","version":"\(version)"}},"components":[
            """
        for number in 0..<count {
            text += number == 0 ? "\n" : ",\n"
            text += """
                {"type":"library","bom-ref":"r\(number)","name":"part-\(number)","version":"\(version).\(number)",\
                "purl":"pkg:npm/part-\(number)@\(version).\(number)","licenses":[{"license":{"id":"MIT"}}],\
                "hashes":[{"alg":"SHA-1","content":"\(String(format: "%040x", number))"}]}
                """
        }
        text += "],\"dependencies\":[{\"ref\":\"root\",\"dependsOn\":[\(count == 0 ? "" : "\"r0\"")]}"
        for number in 0..<max(0, count - 1) { text += ",\n{\"ref\":\"r\(number)\",\"dependsOn\":[\"r\(number + 1)\"]}" }
        return Data((text + "]}").utf8)
    }

    /// A CycloneDX document with these texts as its components and its dependencies.
    static func with(components: String, dependencies: String = "") -> Data {
        Data(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application",\
            "bom-ref":"root","name":"odd"}},"components":[\(components)],"dependencies":[\(dependencies)]}
            """.utf8)
    }
}
