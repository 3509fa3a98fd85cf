import Faults
import Testing

@testable import Scenarios

/// Caches in scenarios: services, targets and what is said of mistakes.
@Suite struct CacheScenarioTests {
    private func read(_ text: String) throws -> Scenario {
        try ScenarioReader.read(text, file: "test.yaml", faults: FaultRegistry.schemas)
    }

    private func scenario(
        redis: String = "{maxMemory: 4MiB, policy: allkeys-lfu}", cacheIn: String = "to-cache",
        faults: String = "[]", target: String = "{service: cache}"
    ) -> String {
        """
        apiVersion: brink/v1
        id: test
        services:
          db: {postgres: {}}
          cache: {redis: \(redis)}
          app: {bookshop: {database: db, cacheIn: \(cacheIn), cacheTimeout: 50ms, cacheStale: 30s}}
        targets:
          cache: \(target)
          to-cache: {tcpProxy: {upstream: cache}}
          app: {service: app}
        faults: \(faults)
        """
    }

    @Test func aRedisAndWhoUsesIt() throws {
        let scenario = try read(scenario())
        guard case .redis(let redis) = scenario.services[1].kind, case .bookshop(let app) = scenario.services[2].kind
        else {
            Issue.record("\(scenario.services)")
            return
        }
        #expect(redis == Service.Redis(maxMemory: 4 << 20, policy: "allkeys-lfu"))
        #expect(scenario.services[1].cgroup == "cache")
        #expect(app.cacheIn == .redis("to-cache"))
        #expect(app.cacheTimeout == .milliseconds(50))
        #expect(app.cacheStale == .seconds(30))
        let kinds = scenario.targets.map { $0.kinds(services: scenario.services) }
        #expect(kinds[0] == [.cgroup, .process, .service, .cache, .redis])
        #expect(kinds[2].contains(.cache) && !kinds[2].contains(.redis))
    }

    @Test func aForeignRedisIsACacheOnly() throws {
        let target = "{redis: {address: \"127.0.0.1:6379\"}}"
        let expire = "[{id: e, at: 0s, cache.expire: {target: cache}}]"
        let found = try read(scenario(faults: expire, target: target))
        #expect(found.targets[0].kind == .redis(address: "127.0.0.1:6379"))
        for fault in ["cache.memory: {target: cache, maxMemory: 1MiB}", "cache.kill: {target: cache}"] {
            let text = scenario(faults: "[{id: e, at: 0s, for: 1s, \(fault)}]", target: target)
            #expect(throws: (any Error).self) { try read(text) }
        }
    }

    @Test(arguments: ["nothing", "app"]) func aCacheThatIsNotThere(_ place: String) {
        #expect(throws: (any Error).self) { try read(scenario(cacheIn: place)) }
    }

    @Test(arguments: [
        "{redis: {address: localhost}}", "{redis: {address: \"redis://:secret@h:1\"}}", "{redis: {}}",
    ])
    func anAddressThatIsNone(_ target: String) {
        #expect(throws: (any Error).self) { try read(scenario(target: target)) }
    }

    @Test(arguments: ["{policy: lru}", "{maxMemory: 4}", "{size: 3MiB}"])
    func settingsThatAreNone(_ redis: String) {
        #expect(throws: (any Error).self) { try read(scenario(redis: redis)) }
    }
}
