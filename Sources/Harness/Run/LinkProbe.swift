import Measurement
import ToxicProxy

/// Connections and bytes of a proxied link.
struct LinkProbe: Probe {
    let target: String
    let link: TCPProxy

    func read(into values: inout [String: Double]) {
        let reading = link.counters.reading
        values["\(target).proxy.connections"] = Double(reading.open)
        values["\(target).proxy.bytes"] = Double(reading.bytes)
    }
}
