import Measurement
import ToxicProxy

/// Connections and bytes of a proxied link.
struct LinkProbe: Probe {
    let target: String
    let link: TCPProxy

    func read() -> [String: Double] {
        let reading = link.counters.reading
        return [
            "\(target).proxy.connections": Double(reading.open), "\(target).proxy.bytes": Double(reading.bytes),
        ]
    }
}
