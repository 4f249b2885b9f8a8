import Bytes
import HTTP
import Reports

// DESIGN. The description of all paths (OpenAPI 3.1.0), made from the tables that answer them. So it cannot name a call that
// does not exist, or leave one out. Mend's API is one path, and the body of a request names the call. Errors of its calls are
// HTTP 200, which clients of Mend expect, so a schema cannot distinguish good from bad answers by status.

/// `GET /api/openapi.json`.
enum OpenAPI {
    static let path = "/api/openapi.json"

    static let response = HTTPResponse(type: Answer.mediaType, bytes: Array(document.json.utf8))

    private static let document: DescriptionTree = [
        "openapi": "3.1.0",
        "info": [
            "title": "Waybill",
            "version": "1.4",
            "description": """
            Inventory and reports for open-source risk and compliance. `POST /api/v1.4` is the Mend (WhiteSource) HTTP API; `/api` \
            and other versions answer alike. Its errors are HTTP 200 with `errorCode` and `errorMessage`.
            """,
            "license": ["name": "proprietary"],
        ],
        "servers": [["url": "/"]],
        "paths": [
            "/api/v1.4": ["post": mend],
            "/agent": ["post": agent],
            AskDoor.path: ["get": ask],
            "/api/v1/bom": ["post": form, "put": upload],
            "/api/v1/bom/token/{token}": ["get": processing],
            "/api/v1/event/token/{token}": ["get": processing],
            "/api/version": [
                "get": [
                    "summary": "Whose answers are given to clients of Dependency-Track",
                    "responses": [
                        "200": json("The version", object(["application": string, "version": string]))
                    ],
                ]
            ],
            "/health/live": ["get": health("Whether the process answers", unready: false)],
            "/health/ready": ["get": health("Whether database and store answer", unready: true)],
            "/metrics": ["get": health("Counters in the text format of Prometheus", unready: false)],
            "/api/openapi.json": [
                "get": ["summary": "This description", "responses": ["200": json("OpenAPI 3.1", ["type": "object"])]]
            ],
        ],
        "components": [
            "schemas": .object(
                [
                    ("Error", object(["errorCode": ["type": "integer"], "errorMessage": string])),
                    ("Request", request),
                ] + Call.table.map { ($0.requestType, $0.schema) }),
            "securitySchemes": [
                "key": ["type": "apiKey", "in": "header", "name": "X-Api-Key"],
                "bearer": ["type": "http", "scheme": "bearer"],
            ],
        ],
    ]

    // MARK: Paths

    private static let mend: DescriptionTree = [
        "summary": "A call of the Mend API; `requestType` says which",
        "description": "The key is `userKey` in the body, or that of `Authorization: Bearer`.",
        "parameters": [
            [
                "name": "Idempotency-Key", "in": "header",
                "description": "The same submission with the same key is answered by the same job.",
                "schema": ["type": "string", "maxLength": 200],
            ]
        ],
        "requestBody": [
            "required": true, "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Request"]]],
        ],
        "responses": [
            "200": [
                "description": "The answer, or an error; a report's own type for downloads and synchronous reports",
                "content": .object(
                    [("application/json", ["schema": ["type": "object"]]), ("application/zip", [:])]
                        + binaryTypes.map { ($0, [:]) }),
            ],
            "413": text("The body is longer than 1 MiB"),
            "429": json("The key has made too many calls; `Retry-After` says when the next is let in", error),
        ],
    ]

    private static let ask: DescriptionTree = [
        "summary": "Where something is, how it got there, what fixes it",
        "description": .text(
            """
            Exactly one of the parameters \(Question.Field.allCases.map(\.rawValue).joined(separator: ", ")) says what is asked for. \
            A page may hold fewer items than `limit`, even none, while `next` is there; the header `Link` has the address of the next page.
            """),
        "security": security,
        "parameters": .list(
            Question.Field.allCases.map { field in
                parameter(
                    field.rawValue, field.accepted,
                    ["type": "string", "minLength": 1, "maxLength": .whole(Int64(Question.textLimit))])
            } + [
                parameter("orgToken", "The organization, where the key belongs to several", string),
                parameter(
                    "severity", "Libraries with a vulnerability of these severities, with commas between", string),
                parameter(
                    "exploited", "Libraries with a vulnerability that a list calls exploited, or that none does",
                    ["type": "boolean"]),
                parameter("product", "Names or tokens of products", ["type": "array", "items": string]),
                parameter("project", "Names or tokens of projects", ["type": "array", "items": string]),
                parameter(
                    "limit", "Items of a page",
                    [
                        "type": "integer", "minimum": .whole(Int64(Question.limits.lowerBound)),
                        "maximum": .whole(Int64(Question.limits.upperBound)),
                        "default": .whole(Int64(Question.usualLimit)),
                    ]),
                parameter("cursor", "`next` of the page before", string),
                parameter(
                    "format", "How the page is written",
                    ["type": "string", "enum": .texts(AskRequest.Format.allCases.map(\.rawValue))]),
            ]),
        "responses": [
            "200": json("A page of the answer", answer), "400": json("A parameter is wrong", error),
            "401": json("The key is missing or unknown", error),
            "403": json("The key or the role is too narrow", error),
            "429": json("The key has made too many calls; `Retry-After` says when the next is let in", error),
        ],
    ]

    private static func parameter(_ name: String, _ description: String, _ schema: DescriptionTree) -> DescriptionTree {
        ["name": .text(name), "in": "query", "description": .text(description), "schema": schema]
    }

    private static let answer: DescriptionTree = [
        "type": "object", "required": ["items"],
        "properties": [
            "items": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["product", "project", "projectToken", "library"],
                    "properties": [
                        "product": string, "project": string, "projectToken": string, "library": string,
                        "version": string, "purl": string, "path": ["type": "array", "items": string],
                        "direct": ["type": "boolean"], "since": string, "fix": string, "decision": string,
                    ],
                ],
            ],
            "next": string,
        ],
    ]

    private static let request: DescriptionTree = [
        "anyOf": .list(Call.table.map { ["$ref": .text(reference($0))] }),
        "discriminator": [
            "propertyName": "requestType",
            "mapping": .object(Call.table.map { ($0.requestType, .text(reference($0))) }),
        ],
    ]

    private static let agent: DescriptionTree = [
        "summary": "Uploads of Mend's agents and build plug-ins",
        "requestBody": [
            "required": true,
            "content": [
                "application/x-www-form-urlencoded": [
                    "schema": [
                        "type": "object",
                        "required": .texts(AgentForm.parameters.filter(\.isRequired).map(\.name) + ["diff"]),
                        "properties": .object(
                            AgentForm.parameters.map { ($0.name, $0.schema) } + [
                                (
                                    "diff",
                                    ["type": "string", "description": "The projects: JSON, or base64 of gzip of it"]
                                )
                            ]),
                    ]
                ]
            ],
        ],
        "responses": [
            "200": json(
                "The envelope; `status` 1 is good, `data` is JSON as text",
                object([
                    "envelopeVersion": string, "status": ["type": "integer"], "message": string, "data": string,
                    "requestToken": string,
                ])),
            "413": text("The body is too long"),
        ],
    ]

    private static let uploadFields: [(String, DescriptionTree)] = [
        ("project", string), ("projectName", string), ("projectVersion", string), ("parentUUID", string),
        ("parentName", string), ("parentVersion", string),
    ]

    private static let form: DescriptionTree = uploading(
        "multipart/form-data",
        .object(uploadFields + [("autoCreate", ["type": "string", "enum": ["true", "false"]]), ("bom", string)]))

    private static let upload: DescriptionTree = uploading(
        "application/json",
        .object(
            uploadFields + [
                ("autoCreate", ["type": "boolean"]),
                ("bom", ["type": "string", "contentEncoding": "base64", "minLength": 1]),
            ]))

    private static func uploading(_ type: String, _ properties: DescriptionTree) -> DescriptionTree {
        let schema: DescriptionTree = ["type": "object", "required": ["bom"], "properties": properties]
        let media: DescriptionTree = ["schema": schema]
        let refusal: DescriptionTree = [
            "description": "The body is not what it should be: a text, or the fields that are wrong",
            "content": [
                "text/plain": ["schema": string],
                "application/json": ["schema": ["type": "array", "items": ["type": "object"]]],
            ],
        ]
        return [
            "summary": "Uploads an SBOM, as clients of Dependency-Track do",
            "security": security,
            "requestBody": ["required": true, "content": .object([(type, media)])],
            "responses": [
                "200": json("Taken; the token shows when it is read", object(["token": string])),
                "400": refusal,
                "401": text("The key is missing or unknown"),
                "403": text("The role is too low"),
                "404": text("No such project or parent"),
                "413": text("The body is too long"),
                "415": text("The body is of another type"),
                "503": text("Too many jobs wait; `Retry-After` says when to come again"),
                "507": text("The disk or the database takes nothing at the moment"),
            ],
        ]
    }

    private static let processing: DescriptionTree = [
        "summary": "Whether an upload waits or is being read",
        "security": security,
        "parameters": [
            ["name": "token", "in": "path", "required": true, "schema": ["type": "string", "minLength": 1]]
        ],
        "responses": [
            "200": json("The state", object(["processing": ["type": "boolean"]])),
            "400": text("The path is none"),
            "401": text("The key is missing or unknown"),
            "404": text("The path is none"),
        ],
    ]

    private static func health(_ summary: String, unready: Bool) -> DescriptionTree {
        [
            "summary": .text(summary),
            "responses": .object(
                [("200", text("Yes"))] + (unready ? [("503", text("Not now, with the reason"))] : [])),
        ]
    }

    // MARK: Pieces

    private static let string: DescriptionTree = ["type": "string"]
    private static let error: DescriptionTree = ["$ref": "#/components/schemas/Error"]
    private static let security: DescriptionTree = [["key": []], ["bearer": []]]

    /// Report types that exist without JSON, and those without parameters, each once.
    private static let binaryTypes: [String] = {
        var found: [String] = []
        for format in Format.allCases {
            let type = String(format.mediaType.prefix { $0 != ";" })
            if format != .json, !found.contains(type) { found.append(type) }
        }
        return found
    }()

    private static func reference(_ call: Call) -> String { "#/components/schemas/\(call.requestType)" }

    private static func object(_ properties: KeyValuePairs<String, DescriptionTree>) -> DescriptionTree {
        [
            "type": "object", "required": .texts(properties.map(\.key)),
            "properties": .object(properties.map { ($0.key, $0.value) }),
        ]
    }

    private static func json(_ description: String, _ schema: DescriptionTree) -> DescriptionTree {
        ["description": .text(description), "content": ["application/json": ["schema": schema]]]
    }

    private static func text(_ description: String) -> DescriptionTree {
        ["description": .text(description), "content": ["text/plain": ["schema": string]]]
    }
}
