/// The JSON Schema (2020-12) of scenarios, made from the same tables as the validation.
public struct ScenarioSchema: SchemaForms, Sendable {
    private let faults: [FaultSchema]

    public init(faults: [FaultSchema]) {
        self.faults = faults
    }

    /// The schema as text.
    public var text: String { written }

    var root: [String: Any] {
        let scenario = object(
            properties.merging(about) { $1 }, required: ["apiVersion", "id", "faults"])
        // With placeholders nothing can be said of the values; `brink validate` expands them.
        let several: [String: Any] = ["anyOf": [["required": ["cases"]], ["required": ["matrix"]]]]
        let expanding = object(
            properties.merging(about) { $1 }.mapValues { _ in true as Any }.merging([
                "cases": ["type": "array", "items": ["type": "object"], "minItems": 1],
                "matrix": map(["type": "array", "minItems": 1]), "defaults": ["type": "object"],
            ]) { $1 }, required: ["apiVersion", "id", "faults"])
        return [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Brink scenario", "if": several,
            "then": expanding, "else": scenario,
        ]
    }

    private var properties: [String: Any] {
        [
            "apiVersion": ["const": Scenario.apiVersion], "id": name, "why": string("What it teaches."),
            "seed": integer(0), "services": map(service), "targets": map(target), "load": load,
            "dataSafety": dataSafety, "bypass": bypass, "alerts": alerts,
            "phases": object(
                [
                    "baseline": duration, "run": duration, "recovery": duration, "untilRecovered": ["type": "boolean"],
                ], required: []),
            "sampling": duration,
            "steadyState": object(
                [
                    "window": duration, "checks": map(condition), "during": ["type": "boolean"],
                    "after": ["type": "boolean"],
                ],
                required: ["checks"]),
            "faults": ["type": "array", "items": fault],
            "neighbours": map(neighbour),
            "abort": ["type": "array", "items": object(["if": condition, "for": duration], required: ["if"])],
            "expect": [
                "type": "array", "items": object(["id": name, "that": condition], required: ["id", "that"]),
            ],
        ]
    }

    private var about: [String: Any] {
        [
            "domain": ["enum": ScenarioAbout.Domain.allCases.map(\.rawValue)],
            "expected": string("What a healthy service does."),
            "category": ["enum": ScenarioAbout.Category.allCases.map(\.rawValue)],
            "flakiness": object(
                ["rate": pattern("^[0-9.]+%$"), "reason": string("Why.")], required: ["rate", "reason"]),
            "pass": pattern("^(all|any|[1-9][0-9]*-of-[1-9][0-9]*)$"),
            "needs": ["type": "array", "items": pattern("^(controller|module|extension|program):.+$")],
            "catches": ["type": "array", "items": ["enum": Weakness.names]],
            "tags": ["type": "array", "items": name], "alone": ["type": "boolean"],
        ]
    }

    private var service: [String: Any] {
        exactlyOne(
            [
                "postgres": object(
                    [
                        "maxConnections": integer(5), "roleConnections": integer(1), "databaseConnections": integer(1),
                        "volume": pattern("^[0-9.]+ ?([KMGT]i?)?B$"),
                        "walVolume": pattern("^[0-9.]+ ?([KMGT]i?)?B$"),
                        "settings": map(["type": ["string", "integer", "boolean"]]),
                        "standbyOf": string("The postgres service whose WAL it streams."),
                    ], required: []),
                "pgbouncer": object(
                    ["upstream": string("A service or link."), "poolSize": integer(1)], required: ["upstream"]),
                "redis": object(
                    ["maxMemory": pattern("^[0-9.]+ ?([KMGT]i?)?B$"), "policy": ["enum": Service.Redis.policies]],
                    required: []),
                "bookshop": object(
                    [
                        "database": [
                            "description": "A service or link, or several of which one takes writes.",
                            "oneOf": [
                                ["type": "string"],
                                ["type": "array", "items": ["type": "string"], "minItems": 1],
                            ],
                        ], "poolSize": integer(1), "poolQueue": integer(0), "checkoutTimeout": duration,
                        "statementTimeout": duration,
                        "cacheTTL": duration,
                        "cacheIn": string("memory, table, or a redis service, a link or an address."),
                        "cacheTimeout": duration, "cacheStale": duration, "authentication": ["type": "boolean"],
                        "issuer": string("A service that is an issuer, or a link to one."), "jwksInterval": duration,
                        "weaknesses": ["type": "array", "items": ["enum": Weakness.names]],
                    ], required: ["database"]),
                "issuer": object(["tokenLife": duration], required: []),
                "command": object(
                    [
                        "path": string("Absolute path."), "arguments": ["type": "array", "items": ["type": "string"]],
                        "readyURL": string("Answers 2xx once it is ready."),
                    ], required: ["path"]),
            ], others: ["cgroup": name])
    }

    private var target: [String: Any] {
        exactlyOne(
            [
                "service": name, "cgroup": string("Path below the cgroup v2 root."), "process": integer(1),
                "pidFile": string("Absolute path."),
                "name": string("A process's name: its comm or the base name of its executable."),
                "container": exactlyOne(
                    [
                        "name": string("The container's name."),
                        "id": string("The container's id, or its beginning as far as no other has it."),
                        "label": string("NAME=VALUE, or NAME for any value."),
                    ],
                    others: [
                        "runtime": ["enum": ContainerReference.Runtime.allCases.map(\.rawValue)],
                        "cgroup": string("Path below the container's own cgroup."),
                    ]),
                "unit": pattern(UnitName.pattern),
                "postgres": object(
                    [
                        "data": string("Data directory."),
                        "connection": string("libpq settings without a password, such as host=db user=brink."),
                    ], required: []
                ).merging(["anyOf": [["required": ["data"]], ["required": ["connection"]]]]) { $1 },
                "redis": object(["address": string("HOST:PORT.")], required: ["address"]),
                "tcpProxy": object(
                    ["listen": string("HOST:PORT."), "upstream": string("HOST:PORT, service or link.")],
                    required: ["upstream"]),
            ], others: [:])
    }

    private var neighbour: [String: Any] {
        object(
            [
                "service": name, "cgroup": string("Path below the cgroup v2 root."), "process": integer(1),
                "pidFile": string("Absolute path."), "url": string("http://, asked ten times a second."),
                "limit": condition,
            ], required: ["limit"])
    }

    private var load: [String: Any] {
        let common: [String: Any] = [
            "rate": pattern("^[0-9.]+ ?/[sm]$"), "mix": ["enum": Load.mixes], "writes": pattern("^[0-9.]+%$"),
            "timeout": duration, "maximumInFlight": integer(1),
        ]
        return exactlyOne(
            [
                "http": object(
                    common.merging(["url": string("http://, without TLS."), "service": name]) { $1 }, required: ["rate"]
                ),
                "sql": object(
                    common.merging(["target": string("A service, link or connection string.")]) { $1 },
                    required: ["rate", "target"]),
            ], others: [:])
    }

    private var dataSafety: [String: Any] {
        let level: [String: Any] = ["enum": DataSafety.levels]
        let promise: [String: Any] = ["enum": DataSafety.promises]
        let workload = object(
            ["isolation": level, "promises": promise, "clients": integer(1), "pause": duration], required: [])
        let trials = object(["isolation": level, "promises": promise, "pause": duration], required: [])
        return object(
            [
                "target": name, "through": string("A service, link or connection string for the workloads."),
                "integrity": ["type": "boolean"], "listAppend": workload, "bank": workload,
                "phenomena": trials,
            ], required: ["target"])
    }

    private var alerts: [String: Any] {
        let number = pattern("^[0-9.]+ ?[A-Za-z%/]*$")
        let burn = object(
            ["metric": name, "objective": number, "factor": number, "long": duration, "short": duration],
            required: ["objective"])
        let change = object(
            [
                "metric": name, "direction": ["enum": AlertRule.ChangePoint.Direction.allCases.map(\.rawValue)],
                "floor": number, "share": number,
            ], required: ["metric"])
        let rise = object(["metric": name, "over": duration, "perSecond": number], required: ["metric", "perSecond"])
        return object(
            [
                "builtIn": ["type": "boolean"],
                "rules": [
                    "type": "array",
                    "items": exactlyOne(
                        ["if": condition, "rise": rise, "burn": burn, "change": change],
                        others: ["id": name, "for": duration, "keepFiring": duration], required: ["id"]),
                ],
                "prometheus": object(
                    [
                        "url": string("http://HOST:PORT of a Prometheus whose alerts are on trial"), "every": duration,
                        "alerts": ["type": "array", "items": name],
                    ], required: ["url"]),
            ], required: [])
    }

    private var bypass: [String: Any] {
        object(
            [
                "service": name, "issuer": name, "rate": pattern("^[0-9.]+ ?/[sm]$"), "grace": duration,
                "flaws": [
                    "description": "Kinds of attempts; all of them when left out.",
                    "oneOf": [
                        ["const": "all"],
                        ["type": "array", "items": ["enum": Bypass.flaws], "minItems": 1],
                    ],
                ],
            ], required: ["service"])
    }

    private var fault: [String: Any] {
        var kinds: [String: Any] = [:]
        for schema in faults {
            var properties: [String: Any] = ["target": name]
            for parameter in schema.parameters { properties[parameter.name] = form(of: parameter) }
            let required = ["target"] + schema.parameters.filter(\.isRequired).map(\.name)
            kinds[schema.name] = object(properties, required: required).merging(["description": schema.summary]) { $1 }
        }
        return exactlyOne(
            kinds, others: ["id": name, "at": duration, "when": condition, "after": name, "for": duration],
            required: ["id"])
    }

    private func form(of parameter: ParameterSchema) -> [String: Any] {
        let form: [String: Any] =
            switch parameter.kind {
            case .bytes: pattern("^[0-9.]+ ?([KMGT]i?)?B$")
            case .bytesOrShare: pattern("^[0-9.]+ ?(([KMGT]i?)?B|%)$")
            case .duration: duration
            case .integer(let range): ["type": "integer", "minimum": range.lowerBound, "maximum": range.upperBound]
            case .fraction: pattern("^[0-9.]+%$")
            case .choice(let words): ["enum": words]
            case .text, .syscallRules: ["type": "string"]
            case .flag: ["type": "boolean"]
            }
        return form.merging(["description": parameter.summary]) { $1 }
    }
}
