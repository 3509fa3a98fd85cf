import CLinux
import Foundation
import Glibc
import LinuxSystem

/// `brink proxy` beside a direct connection, HAProxy and, where a binary is given, toxiproxy: the same load for each,
/// interleaved, on loopback.
struct ProxyBench {
    let place: String
    let runs: Int
    /// A toxiproxy-server binary.
    let toxiproxy: String?

    /// Seconds of each measurement.
    private static let seconds = 1.0
    private static let idleConnections = 2000

    private struct Line: Hashable {
        let name: String
        let unit: String
    }

    func measure() throws -> [Figure] {
        try ResourceLimit.openFiles.raiseToHard()
        let servers = try ProxyServers()
        var contenders = [ProxyContender.direct(servers), try .haproxy(servers, in: place)]
        defer { for contender in contenders { contender.stop() } }
        let brink = try BrinkRun.program("brink")
        let api = try ProxyContender.freePort()
        contenders.append(try .toxiproxy("Brink", brink, ["proxy"], servers, in: place, api))
        if let toxiproxy {
            contenders.append(
                try .toxiproxy("toxiproxy", toxiproxy, [], servers, in: place, ProxyContender.freePort()))
        }
        var values: [Line: [String: [Double]]] = [:]
        for round in 0..<runs {
            StandardError.line("brink-bench: proxy, round \(round + 1) of \(runs)")
            for contender in contenders {
                func note(_ name: String, _ unit: String, _ value: Double) {
                    values[Line(name: name, unit: unit), default: [:]][contender.name, default: []].append(value)
                }
                note(
                    "throughput of one connection", "GB/s",
                    try ProxyLoad.throughput(
                        to: contender.sink, into: servers.sink, seconds: Self.seconds))
                let times = try ProxyLoad.pingPong(to: contender.echo, seconds: Self.seconds)
                note("64 bytes there and back, p50", "µs", times[times.count / 2])
                note("64 bytes there and back, p99", "µs", times[times.count * 99 / 100])
                note(
                    "requests over 100 connections", "/s",
                    try ProxyLoad.requests(
                        to: contender.echo, connections: 100, seconds: Self.seconds))
                note("new connections", "/s", try ProxyLoad.connections(to: contender.echo, seconds: Self.seconds))
                if contender.process != nil {
                    note("memory of an idle connection", "kB", try idleMemory(contender))
                }
            }
        }
        return figures(values, contenders.map(\.name)) + (try ToxicAccuracy(api: api, servers: servers).measure())
    }

    private func figures(_ values: [Line: [String: [Double]]], _ names: [String]) -> [Figure] {
        var figures: [Figure] = []
        for line in values.keys.sorted(by: { $0.name < $1.name }) {
            for name in names {
                let own = values[line]?[name] ?? []
                figures += [Figure("proxy", "\(line.name): \(name)", line.unit, own)].compactMap(\.self)
            }
            // Ratios within a round, so that what the machine did meanwhile is on both sides.
            let brink = values[line]?["Brink"] ?? []
            for name in names where name != "Brink" {
                let peer = values[line]?[name] ?? []
                let ratios = zip(brink, peer).filter { $0.1 > 0 }.map { $0.0 / $0.1 }
                figures += [Figure("proxy", "\(line.name): Brink to \(name)", "times", ratios)].compactMap(\.self)
            }
        }
        return figures
    }

    private func idleMemory(_ contender: ProxyContender) throws -> Double {
        let before = try contender.residentKilobytes()
        var sockets: [LoadSocket] = []
        defer { for socket in sockets { socket.close() } }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
        defer { buffer.deallocate() }
        for _ in 0..<Self.idleConnections {
            let socket = try LoadSocket.connect(to: contender.echo)
            sockets.append(socket)
            // Used once: what a connection needs while it carries something is not counted, what it keeps is.
            try socket.exchange(buffer)
        }
        return (try contender.residentKilobytes() - before) / Double(Self.idleConnections)
    }
}
