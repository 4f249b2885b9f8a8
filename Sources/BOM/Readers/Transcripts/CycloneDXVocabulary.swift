extension XMLVocabulary {
    /// The namespace of a CycloneDX document, before its version.
    static let cycloneDXNamespace = "http://cyclonedx.org/schema/bom/"

    /// CycloneDX XML 1.0 to 1.7 (bom-1.x.xsd) in the terms of CycloneDX JSON (bom-1.x.schema.json). Members that are not
    /// listed here have the same name and form in both syntaxes.
    static let cycloneDX = XMLVocabulary(
        prologue: #""bomFormat":"CycloneDX","specVersion":"$""#,
        lists: """
            components services licenses hashes externalReferences properties dependencies authors vulnerabilities
            compositions annotations formulation citations lifecycles references service/data
            ancestors descendants variants commits patches resolves releaseNotes/notes aliases tags
            methods occurrences frames parameters patentAssertions patentRefs patents members altIds licenseTypes
            endpoints dataflow/source dataflow/destination custodians stewards owners
            ratings cwes advisories organizations individuals supportingMaterial analysis/responses affects versions
            datasets inputs outputs performanceMetrics collection users useCases technicalLimitations performanceTradeoffs
            ethicalConsiderations fairnessAssessments energyConsumptions
            workflows resourceReferences tasks taskTypes taskDependencies runtimeTopology steps workspaces commands
            conditions environmentVars pointers expressions
            cryptoFunctions certificateExtensions relatedCryptographicAssets cipherSuites algorithms identifiers tlsGroups
            tlsSignatureSchemes
            assessors attestations claims counterClaims mitigationStrategies declarations/evidence signatories standards
            requirements descriptions levels
            """,
        repeated: """
            supplier/url manufacturer/url manufacture/url provider/url organization/url contact component/data
            omniborId swhid evidence/identity dependency/dependency dependency/provides expression-detailed/details
            evidence/data sensitiveData energyProviders attestation/map claim/evidence counterEvidence openCre
            certificationLevel certificateState encr prf integ ke auth cryptoRef
            """,
        numbers: """
            score cwe confidence line offset column tagVersion classicalSecurityLevel nistQuantumSecurityLevel
            relatedCryptoMaterialProperties/size keyLength activityEnergyCost/value co2CostEquivalent/value
            co2CostOffset/value energyProvided/value bom/version
            """,
        booleans: """
            modified authenticated x-trust-boundary swid/patch thirdParty persistent remote esn isExternal
            """,
        texts: "response annotation/text requirement/text",
        attachments: "text image attachment event/data input/data output/data",
        shapes: [
            "metadata/tools": .tools,
            "vulnerability/tools": .tools,
            "identity/tools": .list(of: .reference),
            "callstack/tools": .list(of: .reference),
            "assemblies": .list(of: .reference),
            "subjects": .list(of: .reference),
            "composition/dependencies": .list(of: .reference),
            "composition/vulnerabilities": .list(of: .reference),
            "dependency/dependency": .reference,
            "dependency/provides": .reference,
            "licenses/license": .nested("license"),
            "licenses/expression": .content("expression"),
            "evidence/copyright": .list(of: .nested("text")),
            "datasets/ref": .nested("ref"),
            "dataflow/classification": .spilled,
            "hash": .content("content"),
            "fingerprint": .content("content"),
            "property": .content("value"),
            "environmentVar": .content("value"),
        ],
        keys: [
            "dependency/dependency": "dependsOn",
            "analysis/responses": "response",
            "expression-detailed/details": "expressionDetails",
            "custodian/individual": "contact",
            "steward/individual": "contact",
            "owner/individual": "contact",
            "protocolProperties/cryptoRef": "cryptoRefArray",
            "content-type": "contentType",
            "license-identifier": "licenseIdentifier",
        ])
}
