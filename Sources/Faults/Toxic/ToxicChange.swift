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
    /// The counters that toxics raise.
    func observation() -> Observation {
        let reading = counters.reading
        return [
            "bytes": Double(reading.bytes), "open": Double(reading.open), "delayed": Double(reading.delayedPieces),
            "delay": Double(reading.delayNanoseconds), "dropped": Double(reading.droppedBytes),
            "closed": Double(reading.closed), "reset": Double(reading.reset), "cut": Double(reading.cut),
        ]
    }
}
