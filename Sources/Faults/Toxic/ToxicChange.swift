import Engine
import Journal
import ToxicProxy

extension Change {
    /// Puts a toxic on a proxied link. It lives in this process, and so needs no journal.
    static func toxic(_ toxic: ToxicSpecification, on link: TCPProxy, describedAs value: String) async -> Change {
        Change(
            subject: "toxic \(toxic.name) on \(await link.listen) → \(link.upstream)", prior: "none", value: value,
            undo: .inProcess {
                await link.remove(toxic: toxic.name)
                return .restored
            }
        ) {
            await link.add(toxic)
        }
    }
}

extension TCPProxy {
    /// What one toxic did, and what going down did to the link's connections.
    func observation(of toxic: String) -> Observation {
        let reading = counters.reading
        let own = reading.toxics[toxic] ?? ProxyCounters.Toxic()
        return [
            "delayed": Double(own.delayedPieces), "delay": Double(own.delayNanoseconds), "held": Double(own.heldBytes),
            "dropped": Double(own.droppedBytes), "closed": Double(own.closed), "reset": Double(own.reset),
            "cut": Double(reading.cut),
        ]
    }
}
