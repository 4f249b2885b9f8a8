extension XMLVocabulary {
    /// SPDX 2.x XML, which is the JSON form with an element for each member and for each element of an array
    /// (spdx-spec 2.3, schemas/spdx-schema.json; examples SPDXXMLExample-v2.x.spdx.xml).
    static let spdx = XMLVocabulary(
        repeated: """
            Document/annotations creators externalDocumentRefs hasExtractedLicensingInfos packages files snippets
            relationships documentDescribes revieweds seeAlsos crossRefs packages/annotations files/annotations
            snippets/annotations checksums externalRefs hasFiles licenseInfoFromFiles attributionTexts
            packageVerificationCodeExcludedFiles fileTypes fileContributors fileDependencies licenseInfoInFiles
            licenseInfoInSnippets ranges artifactOfs
            """,
        numbers: "offset lineNumber order",
        booleans: "filesAnalyzed isLive isMatch isValid isWayBackLink",
        texts: "extractedText copyrightText comment description attributionTexts")
}
