import Events
import IssuerClient
import IssuerControl
import LinuxSystem
import PlainHTTP
import Scenarios
import Workload

/// Prepares the load of a scenario: where it goes, with which tokens, and where its writes can be read back.
struct LoadSetup: Sendable {
    let scenario: Scenario
    let services: ServiceLauncher
    let run: String
    let folder: String
    let start: Duration

    /// A load that is ready to begin.
    struct Prepared: Sendable {
        let generator: LoadGenerator
        let store: any WriteStore
        let ledger: Ledger
        let keyPrefix: String
        /// Whether the rows can be read back.
        let isReadable: Bool

        /// Compares what was acknowledged with what is stored. Nil where the table is out of reach.
        func settle() async throws -> LedgerCount? {
            if let trouble = await generator.trouble { throw HarnessError(.internal, trouble) }
            guard isReadable else {
                try await store.shutdown()
                return nil
            }
            let stored = try await storedKeys()
            try await store.shutdown()
            let entries = ledger.entries
            return LedgerCheck().check(sent: entries.sent, outcomes: entries.outcomes, stored: stored)
        }

        /// A database that was hit in the end may need a moment to take questions again.
        private func storedKeys() async throws -> Set<String> {
            let end = MonotonicClock.now() + .seconds(60)
            while true {
                do {
                    return try await store.storedKeys(prefix: "\(keyPrefix)-")
                } catch {
                    guard MonotonicClock.now() < end else { throw error }
                    try await Task.sleep(for: .milliseconds(250))
                }
            }
        }
    }

    func make(recorder: LoadRecorder) async throws -> Prepared? {
        guard let load = scenario.load else { return nil }
        let ledger = try Ledger(path: "\(folder)/ledger.txt")
        let direct = await services.directDatabase
        if let requests = load.requests, case .http(let endpoint) = load.destination {
            return profiled(requests, load, to: try await base(of: endpoint), recorder, ledger, database: direct)
        }
        let transport: any LoadTransport
        var isReadable = direct != nil
        switch load.destination {
        case .http(.url(let url)):
            transport = GraphQLTransport(url: url, tokens: nil, timeout: load.timeout, database: direct)
        case .http(.service(let id)):
            guard let service = await services.services[id], let endpoint = service.endpoint else {
                throw HarnessError(.preflight, "service \(id) answers no GraphQL, so it cannot take the load")
            }
            let tokens = try await tokens(from: service.issuer)
            // Its tables were made by its own migration only where Brink started the server.
            transport = GraphQLTransport(
                url: endpoint, tokens: tokens, timeout: load.timeout, database: direct,
                knowledge: direct == nil ? nil : ShopKnowledge())
        case .sql(let reference):
            let database = try await services.connection(toReference: reference)
            // What a run leaves in its own cluster goes with that.
            let isForeign = services.isForeign(reference)
            let sql = SQLTransport(
                database: database, direct: isForeign ? database : direct ?? database, timeout: load.timeout,
                removing: isForeign ? "\(run)-" : nil)
            try await sql.prepare()
            transport = sql
            isReadable = true
        }
        let generator = LoadGenerator(
            load: load, transport: transport, recorder: recorder, ledger: ledger, start: start, keyPrefix: run,
            seed: scenario.seed)
        return Prepared(
            generator: generator, store: transport, ledger: ledger, keyPrefix: run, isReadable: isReadable)
    }

    /// Where the paths of a profile's requests begin.
    private func base(of endpoint: Load.Endpoint) async throws(HarnessError) -> String {
        switch endpoint {
        case .url(let url):
            do throws(HTTPFailure) {
                return "http://\(try HTTPLocation(url).authority)"
            } catch {
                throw HarnessError(.preflight, "the load's url: \(error)")
            }
        case .service(let id):
            guard let address = await services.services[id]?.address else {
                throw HarnessError(.preflight, "service \(id) has no address, so it cannot take the load")
            }
            return "http://\(address)"
        }
    }

    /// The requests of a profile instead of the reference service's.
    private func profiled(
        _ requests: TargetProfile.Requests, _ load: Load, to base: String, _ recorder: LoadRecorder,
        _ ledger: Ledger, database: String?
    ) -> Prepared {
        let transport = ProfiledTransport(
            base: base, requests: requests, timeout: load.timeout, database: database)
        let source = ProfiledArrivals(
            requests, load: load, transport: transport, keyPrefix: run, seed: scenario.seed &+ 1)
        let generator = LoadGenerator(
            load: load, source: source, recorder: recorder, ledger: ledger, start: start, seed: scenario.seed)
        return Prepared(
            generator: generator, store: transport, ledger: ledger, keyPrefix: run, isReadable: database != nil)
    }

    /// Straight from the issuer: what is between it and the service is not to disturb the load.
    private func tokens(from issuer: IssuerClient?) async throws -> TokenPool? {
        guard let issuer else { return nil }
        let pool = TokenPool { subject in
            let answer = try await issuer.token(TokenRequest(sub: subject), within: .seconds(2))
            return (answer.accessToken, answer.expiresIn)
        }
        do {
            try await pool.fill()
        } catch {
            throw HarnessError(.preflight, "the load gets no token: \(error)")
        }
        return pool
    }
}
