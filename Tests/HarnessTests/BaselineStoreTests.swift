import Baselines
import Events
import Foundation
import Harness
import Journal
import LinuxSystem
import Testing

@Suite struct BaselineStoreTests {
    private let folder: String
    private let store: BaselineStore

    init() throws {
        folder = "/tmp/brink-baselines-\(getpid())-\(UInt32.random(in: .min ... .max))"
        var settings = Settings()
        settings.stateFolder = StateFolder(path: folder)
        store = BaselineStore(settings)
    }

    private func baseline(_ name: String) -> Baseline {
        Baseline(
            name: name, scenario: "bookshop", savedAt: "2026-11-30T10:00:00Z", seconds: 1,
            settings: CollectionSettings(), environment: [:], metrics: [], notMeasured: [])
    }

    @Test func whatIsSavedIsItsOwnersAlone() throws {
        defer { try? SystemFile.removeTree(folder) }
        #expect(try store.names() == [])
        let path = try store.save(baseline("before"))
        #expect(try SystemFile.mode(of: path) & 0o777 == 0o600)
        #expect(try SystemFile.mode(of: SystemFile.parent(of: path)) & 0o777 == 0o700)
        #expect(try store.load("before") == baseline("before"))
        #expect(try store.load(path) == baseline("before"))
        #expect(try store.names() == ["before"])
    }

    @Test(arguments: ["", ".hidden", "a/b", "a b", "x.json", "ü", String(repeating: "a", count: 65)])
    func aNameThatIsNoneIsRefused(name: String) {
        #expect(throws: HarnessError.self) { try BaselineStore.check(name) }
    }

    @Test func whatIsNotThereIsSaidWithWhatIs() throws {
        defer { try? SystemFile.removeTree(folder) }
        try store.save(baseline("before"))
        let error = #expect(throws: HarnessError.self) { _ = try store.load("after") }
        #expect(error?.code == .usage)
        #expect(error?.description.contains("there are before") == true)
    }

    @Test func aLaterFormatIsNotGuessedAt() throws {
        defer { try? SystemFile.removeTree(folder) }
        let path = try store.save(baseline("before"))
        let text = String(decoding: try SystemFile.read(path), as: UTF8.self)
        try SystemFile.replace(path, Array(text.replacing("\"format\" : 1", with: "\"format\" : 2").utf8))
        let error = #expect(throws: HarnessError.self) { _ = try store.load("before") }
        #expect(error?.description.contains("format 2") == true)
        try SystemFile.replace(path, Array("{}".utf8))
        #expect(throws: HarnessError.self) { _ = try store.load("before") }
    }

    /// Of a run the seconds of its baseline phase count, without its first ones and one sample of each.
    @Test func aRunsUndisturbedSecondsAreTaken() {
        var events = [RunEvent(1, .phase(PhaseChange(.baseline)))]
        for tick in 0..<60 {
            let time = 1 + Double(tick) / 10
            events.append(RunEvent(time, .sample(Sample(values: ["latency.p50": time, "throughput": 20]))))
        }
        events.append(RunEvent(7, .phase(PhaseChange(.run))))
        events.append(RunEvent(8, .sample(Sample(values: ["latency.p50": 99]))))
        let figures = UndisturbedWindows(events).figures
        #expect(figures.map(\.metric) == ["scenario.latency.p50", "scenario.throughput"])
        #expect(figures.first?.values == [4, 5, 6])
        #expect(figures.last?.direction == .higherIsBetter)
        #expect(UndisturbedWindows([]).figures.isEmpty)
    }
}
