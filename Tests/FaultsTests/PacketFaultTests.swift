import Engine
import LinuxSystem
@testable import Faults
@testable import Scenarios
import Testing

/// What the faults on packets ask of the kernel, and what they take for an effect.
@Suite struct PacketFaultTests {
    private var link: ResolvedTarget {
        var target = ResolvedTarget(id: "link")
        target.network = LinkNetwork(namespace: NetworkNamespace(inode: 1, cookie: 2), device: "link")
        return target
    }

    private func fault(_ name: String, _ parameters: [String: ParameterValue]) throws(FaultError) -> any Fault {
        try FaultRegistry.make(
            FaultSpecification(
                id: "f", name: name, target: "link", trigger: .at(.zero), duration: .seconds(1),
                parameters: Parameters(parameters)), on: link)
    }

    private func isSeen(_ fault: any Fault, _ before: Observation, _ now: Observation) -> Bool {
        if case .seen = fault.verify(before: before, now: now) { true } else { false }
    }

    private func selector(_ parameters: [String: ParameterValue]) throws -> PacketSelector {
        try PacketSelector(Parameters(parameters))
    }

    @Test func everythingIsBothFamiliesAndNoMore() throws {
        let all = try selector([:])
        #expect(all.isEverything)
        #expect(all.flowerKeys(.out) == [["ip", "flower"], ["ipv6", "flower"]])
        #expect(all.filterExpression(.in) == "")
        #expect(all.socketFilter == [])
    }

    @Test func aDirectionTurnsPortsAndAddressesRound() throws {
        let one = try selector(["port": .integer(5432), "localPort": .integer(80), "address": .text("10.0.0.0/8")])
        #expect(
            one.flowerKeys(.out) == [
                ["ip", "flower", "ip_proto", "tcp", "dst_ip", "10.0.0.0/8", "dst_port", "5432", "src_port", "80"],
                ["ip", "flower", "ip_proto", "udp", "dst_ip", "10.0.0.0/8", "dst_port", "5432", "src_port", "80"],
            ])
        #expect(one.flowerKeys(.in)[0].contains("src_ip") && one.flowerKeys(.in)[0].contains("dst_port"))
        #expect(
            one.filterExpression(.out) == "ip daddr 10.0.0.0/8 meta l4proto { tcp, udp } th dport 5432 th sport 80")
        #expect(
            one.filterExpression(.in) == "ip saddr 10.0.0.0/8 meta l4proto { tcp, udp } th sport 5432 th dport 80")
        #expect(one.socketFilter == ["dst 10.0.0.0/8 and dport = :5432 and sport = :80"])
        #expect(try selector(["address": .text("2001:db8::/32")]).flowerKeys(.out).map { $0[0] } == ["ipv6"])
        #expect(throws: FaultError.self) { try selector(["address": .text("10.0.0.1; flush ruleset")]) }
    }

    @Test func queuesHaveNamesThatTheKernelTakes() {
        #expect(PacketQueueName.make().utf8.count <= 15)
        #expect(PacketQueueName.isOne(PacketQueueName.make()))
        #expect(!PacketQueueName.isOne("eth0"))
    }

    @Test(
        arguments: [
            (["rate": .fraction(0.05)], ["limit", "100000", "loss", "5.0%", "0.0%"]),
            (
                ["p": .fraction(0.02), "r": .fraction(0.25)],
                ["limit", "100000", "loss", "gemodel", "2.0%", "25.0%", "100.0%", "0.0%"]
            ),
        ] as [([String: ParameterValue], [String])])
    func lossIsSaidAsNetemTakesIt(_ parameters: [String: ParameterValue], _ words: [String]) throws {
        #expect(try PacketLossFault.discipline(Parameters(parameters)) == words)
    }

    @Test func whatDoesNotGoTogetherIsRefused() {
        for (name, parameters) in [
            ("packet.loss", [:]), ("packet.loss", ["p": .fraction(0.1), "rate": .fraction(0.1)]),
            ("packet.mix", [:]), ("packet.rate", ["rate": .bytes(0)]),
            ("packet.slot", ["gap": .duration(.milliseconds(5)), "longest": .duration(.milliseconds(1))]),
            ("packet.reorder", ["rate": .fraction(0.1), "delay": .duration(.zero)]),
            // A link's interfaces carry nothing else.
            ("packet.loss", ["rate": .fraction(0.1), "port": .integer(5432)]),
            ("packet.partition", ["port": .integer(5432)]),
        ] as [(String, [String: ParameterValue])] {
            #expect(throws: FaultError.self, "\(name) \(parameters)") { try fault(name, parameters) }
        }
    }

    @Test func aTargetInTheMachinesOwnNetworkIsRefused() throws {
        var host = ResolvedTarget(id: "host")
        host.process = try ProcessTable().ownIdentity()
        for name in ["packet.delay", "packet.partition", "dns.fail"] {
            let specification = FaultSpecification(
                id: "f", name: name, target: "host", trigger: .at(.zero), duration: .seconds(1),
                parameters: Parameters(["delay": .duration(.seconds(1)), "hosts": .text("a.example")]))
            do throws(FaultError) {
                _ = try FaultRegistry.make(specification, on: host)
                Issue.record("\(name) was not refused")
            } catch {
                #expect(
                    error.description.contains("refused") && error.description.contains("network namespace"), "\(error)"
                )
            }
        }
    }

    @Test func eachIsSeenByItsOwnEffectOnly() throws {
        let before: Observation = ["rtt": 1, "retransmitted": 7, "checksum errors": 1, "out of order": 2]
        let untouched = before.merging(["caught": 500, "passed": 500, "dropped": 0, "waiting": 0]) { $1 }
        let cases: [(String, [String: ParameterValue], Observation)] = [
            ("packet.loss", ["rate": .fraction(0.1)], ["dropped": 3]),
            ("packet.duplicate", ["rate": .fraction(0.1)], ["passed": 520]),
            ("packet.corrupt", ["rate": .fraction(0.1)], ["checksum errors": 2]),
            // What a link's client only receives is looked at by the client, elsewhere.
            ("packet.corrupt", ["rate": .fraction(0.1), "direction": .text("in")], ["retransmitted": 8]),
            ("packet.reorder", ["rate": .fraction(0.1)], ["out of order": 5]),
            ("packet.delay", ["delay": .duration(.milliseconds(20))], ["rtt": 30]),
            ("packet.rate", ["rate": .bytes(1000)], ["waiting": 4]),
            ("packet.slot", ["gap": .duration(.milliseconds(20))], ["rtt": 9]),
            (
                "packet.mix", ["delay": .duration(.milliseconds(20)), "loss": .fraction(0.1)],
                ["rtt": 30, "dropped": 2]
            ),
        ]
        for (name, parameters, effect) in cases {
            let fault = try fault(name, parameters)
            #expect(!isSeen(fault, before, untouched), "\(name): nothing happened")
            #expect(isSeen(fault, before, untouched.merging(effect) { $1 }), "\(name): \(effect)")
        }
        // Lost and doubled at once: a loss does not hide that others were doubled.
        let twice = try fault("packet.duplicate", ["rate": .fraction(0.1)])
        #expect(isSeen(twice, [:], ["caught": 100, "passed": 95, "dropped": 10]))
        #expect(!isSeen(twice, [:], ["caught": 100, "passed": 90, "dropped": 10]))
        let corrupt = try fault("packet.corrupt", ["rate": .fraction(0.1)])
        #expect(!isSeen(corrupt, before, untouched.merging(["retransmitted": 8]) { $1 }))
        // Half of a mix is not the mix.
        let mix = try fault("packet.mix", ["delay": .duration(.milliseconds(20)), "loss": .fraction(0.1)])
        #expect(!isSeen(mix, before, untouched.merging(["rtt": 30]) { $1 }))
        // The delay of one direction only; nobody connected.
        let delay = try fault("packet.delay", ["delay": .duration(.milliseconds(20)), "direction": .text("in")])
        #expect(isSeen(delay, before, untouched.merging(["rtt": 15]) { $1 }))
        #expect(!isSeen(delay, before, untouched.merging(["rtt": 8]) { $1 }))
        #expect(!isSeen(delay, before, ["caught": 5]))
        // It was as high before: only packets that wait show that they do.
        let slow = before.merging(["rtt": 18]) { $1 }
        #expect(!isSeen(delay, slow, untouched.merging(["rtt": 19]) { $1 }))
        #expect(isSeen(delay, slow, untouched.merging(["rtt": 19, "waiting": 1]) { $1 }))
        #expect(!isSeen(delay, before, untouched.merging(["rtt": 2, "waiting": 1]) { $1 }))
    }

    @Test func countersAreReadByTheirNames() {
        var counters: [String: Double] = [:]
        NetworkCounters.parse(
            "Tcp: RetransSegs InErrs MaxConn\nTcp: 12 3 -1\nUdp: InDatagrams InCsumErrors\nUdp: 5 2\n", &counters)
        #expect(
            counters == [
                "Tcp.RetransSegs": 12, "Tcp.InErrs": 3, "Tcp.MaxConn": -1, "Udp.InDatagrams": 5, "Udp.InCsumErrors": 2,
            ])
    }

    @Test func roundTripsAreReadFromWhatSSShows() {
        let shown = """
            0 0 127.0.0.1:38236 127.0.0.1:5555  cubic wscale:7,7 rto:232 rtt:29.846/10.513 ato:40 mss:32768 minrtt:22.82
            0 0 127.0.0.1:1 127.0.0.1:2
            0 0 10.0.0.1:5555 10.0.0.2:38236 cubic rtt:0.5/0.2 minrtt:0.1
            """
        #expect(RoundTrips.parse(shown) == [29.846, 0.5])
    }

    @Test func queuesAndFiltersAreCountedTogether() throws {
        let shown = """
            [{"kind":"netem","packets":40,"drops":3,"qlen":2},{"kind":"pfifo","packets":9,"drops":9,"qlen":9}]
            [{"kind":"netem","packets":10,"drops":0,"qlen":0}]
            [{"pref":1},{"pref":1,"options":{"actions":[{"to_dev":"brinkqa","stats":{"packets":30}}]}},\
            {"options":{"actions":[{"to_dev":"other","stats":{"packets":77}}]}},{"options":{}}]
            [{"options":{"actions":[{"to_dev":"brinkqb","stats":{"packets":12}}]}}]
            """
        let reading = try QueueReading(Array(shown.utf8), queues: ["brinkqa", "brinkqb"])
        #expect(reading.caught == 42)
        #expect((reading.passed, reading.dropped, reading.waiting) == (50, 3, 2))
        #expect(throws: (any Error).self) { try QueueReading(Array("[{}]".utf8), queues: ["a"]) }
    }

    @Test func aPartitionCountsOverAllItsRules() {
        let shown = """
            table inet brink_1 {
            \tchain output {
            \t\ttype filter hook output priority raw; policy accept;
            \t\toifname "eth0" meta l4proto tcp counter packets 3 bytes 180 reject with tcp reset
            \t\toifname "eth0" counter packets 4 bytes 99 reject
            """
        #expect(PacketPartitionFault.packets(in: shown) == 7)
        #expect(PacketPartitionFault.packets(in: "") == 0)
    }
}
