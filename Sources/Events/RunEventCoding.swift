extension RunEvent: Codable {
    private enum Key: String, CodingKey {
        case time = "t"
        case type
        case data
    }

    private enum Name: String, Codable {
        case started, phase, fault, write, sample, window, oomKill, load, ledger, expectation, message
        case dataSafety, bypass, outage, serverLog
        case alert, detection
        case step, squeezed, estimate, traced, ended
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let time = try container.decode(Double.self, forKey: .time)
        func data<Value: Decodable>() throws -> Value { try container.decode(Value.self, forKey: .data) }
        switch try container.decode(Name.self, forKey: .type) {
        case .started: self.init(time, .started(try data()))
        case .phase: self.init(time, .phase(try data()))
        case .fault: self.init(time, .fault(try data()))
        case .write: self.init(time, .write(try data()))
        case .sample: self.init(time, .sample(try data()))
        case .window: self.init(time, .window(try data()))
        case .alert: self.init(time, .alert(try data()))
        case .detection: self.init(time, .detection(try data()))
        case .oomKill: self.init(time, .oomKill(try data()))
        case .load: self.init(time, .load(try data()))
        case .ledger: self.init(time, .ledger(try data()))
        case .dataSafety: self.init(time, .dataSafety(try data()))
        case .bypass: self.init(time, .bypass(try data()))
        case .outage: self.init(time, .outage(try data()))
        case .serverLog: self.init(time, .serverLog(try data()))
        case .expectation: self.init(time, .expectation(try data()))
        case .message: self.init(time, .message(try data()))
        case .step: self.init(time, .step(try data()))
        case .squeezed: self.init(time, .squeezed(try data()))
        case .estimate: self.init(time, .estimate(try data()))
        case .traced: self.init(time, .traced(try data()))
        case .ended: self.init(time, .ended(try data()))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(time, forKey: .time)
        func put(_ name: Name, _ data: some Encodable) throws {
            try container.encode(name, forKey: .type)
            try container.encode(data, forKey: .data)
        }
        switch kind {
        case .started(let data): try put(.started, data)
        case .phase(let data): try put(.phase, data)
        case .fault(let data): try put(.fault, data)
        case .write(let data): try put(.write, data)
        case .sample(let data): try put(.sample, data)
        case .window(let data): try put(.window, data)
        case .alert(let data): try put(.alert, data)
        case .detection(let data): try put(.detection, data)
        case .oomKill(let data): try put(.oomKill, data)
        case .load(let data): try put(.load, data)
        case .ledger(let data): try put(.ledger, data)
        case .dataSafety(let data): try put(.dataSafety, data)
        case .bypass(let data): try put(.bypass, data)
        case .outage(let data): try put(.outage, data)
        case .serverLog(let data): try put(.serverLog, data)
        case .expectation(let data): try put(.expectation, data)
        case .message(let data): try put(.message, data)
        case .step(let data): try put(.step, data)
        case .squeezed(let data): try put(.squeezed, data)
        case .estimate(let data): try put(.estimate, data)
        case .traced(let data): try put(.traced, data)
        case .ended(let data): try put(.ended, data)
        }
    }
}
