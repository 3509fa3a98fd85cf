/// Puts the service of a profile in the place of a scenario's bookshop. Pure.
///
/// A scenario that asks for what only bookshop has is not applicable: it is left out with the reason and never passes.
public struct ProfileSubstitution: Sendable {
    /// Why a scenario says nothing of the profile's service.
    public struct NotApplicable: Error, Hashable, Sendable, CustomStringConvertible {
        public let reason: String

        public var description: String { "not applicable: \(reason)" }
    }

    private let profile: TargetProfile
    private let faultTargets: [String: Set<TargetKind>]

    /// - Parameter faults: the kinds of faults that scenarios may use.
    public init(_ profile: TargetProfile, faults: [FaultSchema]) {
        self.profile = profile
        faultTargets = Dictionary(faults.map { ($0.name, $0.targets) }, uniquingKeysWith: { first, _ in first })
    }

    /// The scenario with the profile's service, load and names.
    public func apply(to scenario: Scenario) throws(NotApplicable) -> Scenario {
        var result = scenario
        var isFound = false
        for index in result.services.indices {
            guard case .bookshop(let settings) = result.services[index].kind else { continue }
            result.services[index].kind = .application(try application(for: settings))
            isFound = true
        }
        guard isFound else { throw NotApplicable(reason: "it has no bookshop whose place could be taken") }
        if scenario.bypass != nil { throw needs("check of tokens") }
        for index in result.faults.indices {
            try rename(&result.faults[index])
            try translate(&result.faults[index])
        }
        try checkTargets(of: result)
        if var load = result.load {
            try take(&load, in: result)
            result.load = load
        }
        try checkMetrics(of: result)
        return result
    }

    private func application(for settings: Service.Bookshop) throws(NotApplicable) -> Service.Application {
        if settings.issuer != nil { throw needs("check of tokens") }
        if settings.cacheIn != .memory || settings.cacheStale > .zero { throw needs("cache") }
        if let weakness = settings.weaknesses.first { throw needs("weakness \(weakness)") }
        return Service.Application(
            program: profile.program, name: profile.name, databases: settings.databases, poolSize: settings.poolSize,
            checkoutTimeout: settings.checkoutTimeout, statementTimeout: settings.statementTimeout,
            cacheTTL: settings.cacheTTL, applicationName: profile.names[Self.database] ?? profile.name,
            endpoint: profile.requests.endpoint)
    }

    private func needs(_ what: String) -> NotApplicable { NotApplicable(reason: "needs bookshop's \(what)") }

    // MARK: Faults

    /// How the reference service calls itself to PostgreSQL, and its schema.
    private static let database = "bookshop"
    /// Where the reference service answers GraphQL.
    private static let endpoint = "/graphql"

    private func rename(_ fault: inout FaultSpecification) throws(NotApplicable) {
        for (name, value) in fault.parameters.texts where value == Self.database || value.hasPrefix("bookshop.") {
            if let own = profile.names[value] ?? (value == Self.database ? profile.name : nil) {
                fault.parameters[name] = .text(own)
            } else {
                throw NotApplicable(
                    reason: "needs bookshop's \(value), for which the profile's names have nothing")
            }
        }
    }

    /// Clients that a fault adds ask for what the profile's load asks for.
    private func translate(_ fault: inout FaultSpecification) throws(NotApplicable) {
        // What has no body has no question either: it never gets that far.
        guard fault.name.hasPrefix("clients."), fault.parameters.text("path") == Self.endpoint else { return }
        let body = fault.parameters.text("body")
        let isWrite = body?.contains("mutation") ?? false
        guard let request = profile.requests.kinds.first(where: { $0.isWrite == isWrite }) else {
            throw NotApplicable(reason: "needs \(isWrite ? "writes" : "reads"), and the profile has none")
        }
        // One and the same whenever it is sent.
        let question = FilledRequest(request.content, endpoint: profile.requests.endpoint) { part in
            switch part {
            case .literal(let text): text
            case .name: "one-and-the-same"
            case .random(let range): String(range.lowerBound)
            }
        }
        fault.parameters["path"] = .text(question.path)
        if body != nil { fault.parameters["body"] = question.body.map { .text(String(decoding: $0, as: UTF8.self)) } }
    }

    private func checkTargets(of scenario: Scenario) throws(NotApplicable) {
        for fault in scenario.faults {
            guard let wanted = faultTargets[fault.name],
                let target = scenario.targets.first(where: { $0.id == fault.target })
            else { continue }
            if wanted.isDisjoint(with: target.kinds(services: scenario.services)) {
                throw needs("\(wanted.sorted().map(\.rawValue).joined(separator: " or ")), for \(fault.name)")
            }
        }
    }

    // MARK: Load

    private func take(_ load: inout Load, in scenario: Scenario) throws(NotApplicable) {
        guard let id = service(takingThe: load, in: scenario),
            case .application? = scenario.services.first(where: { $0.id == id })?.kind
        else { return }
        if !profile.requests.hasWrites {
            if load.mix == "writes" { throw NotApplicable(reason: "needs writes, and the profile has none") }
            load.writes = 0
        }
        load.requests = profile.requests
        load.rate *= profile.requests.rate
        load.timeout = profile.requests.timeout ?? load.timeout
    }

    /// The service that an HTTP load reaches, be it through a proxy of the scenario; nil for another one's.
    private func service(takingThe load: Load, in scenario: Scenario) -> String? {
        switch load.destination {
        case .http(.service(let id)): return id
        case .http(let endpoint):
            for target in scenario.targets {
                guard case .tcpProxy(let listen, let upstream) = target.kind, endpoint.enters(at: listen)
                else { continue }
                return upstream
            }
            return nil
        case .sql: return nil
        }
    }

    // MARK: Metrics

    private func checkMetrics(of scenario: Scenario) throws(NotApplicable) {
        let conditions =
            scenario.expectations.map(\.that) + scenario.aborts.map(\.condition)
            + (scenario.steadyState?.checks.map(\.condition) ?? [])
            + scenario.faults.compactMap { if case .when(let condition) = $0.trigger { condition } else { nil } }
        for condition in conditions {
            if let metric = missing(in: condition.expression) { throw needs("metric \(metric)") }
        }
        let names = conditions.flatMap(\.expression.operands).map(\.description)
        if !profile.requests.hasWrites, names.contains(where: { $0.hasPrefix("ledger.") }) {
            throw NotApplicable(reason: "needs writes for its ledger, and the profile has none")
        }
    }

    /// A metric without which the condition says nothing; of alternatives one is enough.
    private func missing(in expression: Expression) -> String? {
        switch expression {
        case .comparison(let operand, _, _):
            switch operand {
            case .metric(let name), .during(_, let name), .phase(_, let name), .peak(_, let name):
                isOnlyBookshops(name) ? name : nil
            case .recovery: nil
            }
        case .and(let left, let right): missing(in: left) ?? missing(in: right)
        case .or(let left, let right): missing(in: left).flatMap { missing(in: right) == nil ? nil : $0 }
        case .not(let inner): missing(in: inner)
        }
    }

    /// What comes from bookshop's own page of metrics, and classes of errors that are told apart by its codes.
    private func isOnlyBookshops(_ metric: String) -> Bool {
        if MetricNames.ofBookshop.contains(metric) { return true }
        return MetricNames.errorClassesOfBookshop.contains { name in
            metric == "errors.\(name).rate" && profile.requests.errors[name] == nil
        }
    }
}
