import Foundation
import LinuxSystem

/// One way from client to server, with a port that leads to each of the servers.
struct ProxyContender {
    let name: String
    let echo: UInt16
    let sink: UInt16
    let source: UInt16
    /// Nil for the direct way.
    let process: Process?

    /// The proxy's own memory, in kB (Pss, proc_pid_smaps(5)).
    func residentKilobytes() throws -> Double {
        guard let process else { return 0 }
        let lines = try SystemFile.readText("/proc/\(process.processIdentifier)/smaps_rollup").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("Pss:") }),
            let number = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { throw BenchError("no Pss of process \(process.processIdentifier)") }
        return number
    }

    func stop() {
        process?.terminate()
        process?.waitUntilExit()
    }

    static func direct(_ servers: ProxyServers) -> ProxyContender {
        ProxyContender(
            name: "direct", echo: servers.echo.port, sink: servers.sink.port, source: servers.source.port, process: nil)
    }

    /// HAProxy from Debian, in TCP mode with splice, a thread for each CPU.
    static func haproxy(_ servers: ProxyServers, in place: String) throws -> ProxyContender {
        let ports = try (0..<3).map { _ in try freePort() }
        let upstreams = servers.ports
        var text = """
            global
                maxconn 5000
                nbthread \(ProcessInfo.processInfo.activeProcessorCount)
            defaults
                mode tcp
                maxconn 5000
                timeout connect 5s
                timeout client 1h
                timeout server 1h
                option splice-auto

            """
        for (index, (port, upstream)) in zip(ports, upstreams).enumerated() {
            text += "listen p\(index)\n    bind 127.0.0.1:\(port)\n    server s 127.0.0.1:\(upstream)\n"
        }
        let file = "\(place)/haproxy.cfg"
        try SystemFile.replace(file, Array(text.utf8))
        let process = try start("/usr/sbin/haproxy", ["-f", file, "-db"])
        return try ready(
            ProxyContender(name: "HAProxy", echo: ports[0], sink: ports[1], source: ports[2], process: process))
    }

    /// A toxiproxy server, or `brink proxy`, which takes the same configuration.
    static func toxiproxy(
        _ name: String, _ program: String, _ arguments: [String], _ servers: ProxyServers, in place: String,
        _ api: UInt16
    ) throws -> ProxyContender {
        let ports = try (0..<3).map { _ in try freePort() }
        let entries = zip(ports, servers.ports).enumerated().map { index, pair in
            #"{"name":"p\#(index)","listen":"127.0.0.1:\#(pair.0)","upstream":"127.0.0.1:\#(pair.1)","enabled":true}"#
        }
        let file = "\(place)/proxies-\(api).json"
        try SystemFile.replace(file, Array("[\(entries.joined(separator: ","))]".utf8))
        let process = try start(program, arguments + ["-host", "127.0.0.1", "-port", "\(api)", "-config", file])
        return try ready(ProxyContender(name: name, echo: ports[0], sink: ports[1], source: ports[2], process: process))
    }

    static func freePort() throws -> UInt16 { try LoadServer.freePort() }

    private static func start(_ program: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Waits until it accepts connections.
    private static func ready(_ contender: ProxyContender) throws -> ProxyContender {
        for _ in 0..<100 {
            if let socket = try? LoadSocket.connect(to: contender.source) {
                socket.close()
                return contender
            }
            MonotonicClock.pause(milliseconds: 100)
        }
        contender.stop()
        throw BenchError("\(contender.name) does not accept connections")
    }
}

/// The servers behind all contenders.
struct ProxyServers {
    let echo: LoadServer
    let sink: LoadServer
    let source: LoadServer

    init() throws {
        echo = try LoadServer(.echo)
        sink = try LoadServer(.sink)
        source = try LoadServer(.source)
    }

    var ports: [UInt16] { [echo.port, sink.port, source.port] }
}
