import Events

extension RunResult {
    /// Reads what this version or an earlier one of the same major version wrote: what came later is empty then.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys) throws -> Value {
            try container.decode(Value.self, forKey: key)
        }
        func optional<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
            try container.decodeIfPresent(Value.self, forKey: key)
        }
        schemaVersion = try value(.schemaVersion)
        guard schemaVersion.hasPrefix("1.") else {
            throw DecodingError.dataCorruptedError(
                forKey: .schemaVersion, in: container,
                debugDescription: "a result of version \(schemaVersion), which a later Brink wrote")
        }
        run = try value(.run)
        scenario = try value(.scenario)
        why = try value(.why)
        seed = try value(.seed)
        startedAt = try value(.startedAt)
        brinkVersion = try value(.brinkVersion)
        environment = try value(.environment)
        duration = try value(.duration)
        interrupted = try value(.interrupted)
        verdict = try optional(.verdict)
        reason = try optional(.reason)
        exitCode = try optional(.exitCode)
        host = try value(.host)
        phases = try value(.phases)
        faults = try value(.faults)
        writes = try value(.writes)
        expectations = try value(.expectations)
        steadyState = try value(.steadyState)
        oomKills = try value(.oomKills)
        ledger = try optional(.ledger)
        load = try value(.load)
        messages = try value(.messages)
        // Since 1.1.
        dataSafety = try optional(.dataSafety) ?? []
        bypass = try optional(.bypass)
        propagation = try optional(.propagation) ?? []
        alerts = try optional(.alerts) ?? []
        outages = try optional(.outages) ?? []
        serverLog = try optional(.serverLog) ?? []
    }
}
