import Foundation
import LinuxSystem
import MonitoringFixture
import NIOCore
import PlainHTTP
import Testing

/// A run that is watched, as a Prometheus sees it: the whole way from its events to an alert.
@Suite struct WatchMetricsTests {
    @Test func aPrometheusFiresBrinksRules() async throws {
        let brink = try BrinkProgram()
        let folder = try WatchedRun.write(in: brink)
        let rules = try brink.run(["alerts", "--export", "prometheus", folder])
        #expect(rules.code == 0 && rules.output.contains("alert: errors\n"), "\(rules.all)")
        let token = "\(brink.folder)/token"
        let watch = try brink.start(["watch", folder, "--web", "--replay", "1", "--token-file", token])
        let client = PlainHTTPClient()
        let url = try #require(try await WatchedRun.address(of: brink))
        let place = try #require(url.dropFirst(7).split(separator: "/").first.map(String.init))
        let text = try String(decoding: SystemFile.read(token), as: UTF8.self)
        #expect(try SystemFile.mode(of: token) & 0o777 == 0o600)
        #expect(url.hasSuffix("token=\(text.dropLast())") && text.last == "\n")
        // Nothing without the token, nor with another.
        for headers in [[], [("Authorization", "Bearer 00000000000000000")]] {
            let answer = try await client.send(
                .GET, "http://\(place)/metrics", headers: .init(headers), within: .seconds(5))
            #expect(answer.status == 403)
        }
        let prometheus = try await MonitoringProgram.prometheus(
            rules: rules.output, target: place, credentials: token)
        var firing = false
        while !firing, !watch.hasEnded(within: 0) {
            let answer = try await client.send(.GET, "\(prometheus.url)/api/v1/alerts", within: .seconds(5))
            let said = String(buffer: answer.body)
            firing = said.contains("\"alertname\":\"errors\"") && said.contains("\"state\":\"firing\"")
            if firing { #expect(said.contains("\"run\":\"r1\"") && said.contains("\"scenario\":\"shop\""), "\(said)") }
            try await Task.sleep(for: .milliseconds(200))
        }
        let written = try brink.written
        #expect(firing, "\(written)")
        if !watch.hasEnded(within: 0) { try watch.send(.terminate) }
        let hasEnded = watch.hasEnded(within: 10_000)
        #expect(hasEnded)
        _ = try watch.reap()
    }

    @Test func aTokenThatIsNoneIsRefused() throws {
        let brink = try BrinkProgram()
        let folder = try WatchedRun.write(in: brink)
        let file = try brink.write("token", "short and with spaces\n")
        let result = try brink.run(["watch", folder, "--web", "--token-file", file])
        #expect(result.code != 0 && result.errors.contains("remove the file and a new one is made"), "\(result.all)")
    }

    @Test func rulesAreAboutMetricsThatThereAre() throws {
        let result = try BrinkProgram().run(["alerts", "--export", "prometheus"])
        #expect(result.code == 64 && result.errors.contains("--export needs a run or a --scenario"), "\(result.all)")
    }
}
