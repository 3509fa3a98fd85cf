import Engine
import LinuxSystem
import Scenarios

/// A slow device: dm-delay below the file system of a service.
public struct DiskDelayFault: FaultKind {
    public static let schema = FaultSchema(
        name: "disk.delay",
        summary: "Holds back every read, and every write and flush, of a service's volume (dm-delay).",
        targets: [.volume],
        parameters: [
            ParameterSchema(
                "read", .duration, default: "0s", "What each read takes longer, 10ms…10s; 0s is not at all."),
            ParameterSchema(
                "write", .duration, default: "0s",
                "What each write and each flush takes longer, 10ms…10s; an fsync is both."
            ),
        ],
        requirements: [
            "a PostgreSQL that the scenario starts with `volume`", "kernel modules loop, dm-mod and dm-delay",
            "mkfs.ext4",
        ],
        verifiedBy: "reads and writes of the device past the page cache take that long, and did not before",
        undoneBy: "putting the linear table back in force; what is held back goes on at once")

    private let volume: MappedVolume
    /// By the operation's name.
    private let delays: [String: Int]

    private static let range = Duration.milliseconds(10)...(.seconds(10))

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        volume = try target.requireVolume(for: specification.name)
        var delays: [String: Int] = [:]
        for name in ["read", "write"] {
            let delay = specification.parameters.duration(name) ?? .zero
            guard delay == .zero || DiskDelayFault.range.contains(delay) else {
                throw FaultError(
                    "disk.delay: \(name) must be 0s or 10ms to 10s: the kernel counts in ticks of up to 10 ms")
            }
            delays[name] = Int((delay.inSeconds * 1000).rounded())
        }
        guard delays.values.contains(where: { $0 > 0 }) else {
            throw FaultError("disk.delay: give at least one of read and write")
        }
        self.delays = delays
    }

    public func plan() async throws -> [Change] {
        [
            try Change.deviceTable(of: volume, for: DiskDelayFault.schema.name) { [delays] table in
                table.delayed(readMilliseconds: delays["read"] ?? 0, writeMilliseconds: delays["write"] ?? 0)
            }
        ]
    }

    public func observe() async throws -> Observation {
        try await Blocking.run { [volume, delays] in
            let block = try volume.spareBlock()
            var shortest: Observation = [:]
            for (name, delay) in delays where delay > 0 {
                // The quickest of a few: a machine that was busy for a moment is no slow device.
                for _ in 0..<(delay > 500 ? 1 : 3) {
                    let start = MonotonicClock.now()
                    if name == "read" {
                        _ = try block.read()
                    } else {
                        try block.write([UInt8](repeating: 0, count: DirectBlock.size))
                    }
                    let taken = (MonotonicClock.now() - start).inSeconds * 1000
                    shortest[name] = min(shortest[name] ?? .infinity, taken)
                }
            }
            return shortest
        }
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        var texts: [String] = []
        var isSeen = true
        for (name, delay) in delays.sorted(by: { $0.key < $1.key }) where delay > 0 {
            guard let prior = before[name], let taken = now[name] else {
                return .notYet("the device was not asked yet")
            }
            // It is held back to a tick of the kernel's clock, and the first tick may come at once.
            let least = max(Double(delay) - 10, Double(delay) / 2)
            if taken < least || taken - prior < Double(delay) / 2 { isSeen = false }
            texts.append("a \(name) takes \(DiskDelayFault.text(taken)) ms, before \(DiskDelayFault.text(prior)) ms")
        }
        let text = texts.joined(separator: "; ")
        return isSeen ? .seen(text) : .notYet(text)
    }

    private static func text(_ milliseconds: Double) -> String { "\((milliseconds * 10).rounded() / 10)" }
}
