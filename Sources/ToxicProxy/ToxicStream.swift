import NIOCore

/// One direction of one connection: takes bytes from its source, lets the toxics decide, and writes to its destination
/// when their moment has come. Lives on the event loop of both channels.
final class ToxicStream {
    private enum Item {
        case bytes(ByteBuffer)
        case end
    }

    private struct Queued {
        let item: Item
        let arrival: NIODeadline
        let release: NIODeadline
    }

    private let direction: StreamDirection
    private let counters: ProxyCounters
    private let destination: any Channel
    private let source: any Channel
    private var toxics: [(name: String, toxic: any Toxic)] = []
    private var queue = CircularBuffer<Queued>()
    private var queuedBytes = 0
    private var last = NIODeadline.uptimeNanoseconds(0)
    private var wakeup: Scheduled<Void>?
    private var endings: [Scheduled<Void>] = []
    private var readIsPaused = false
    /// Writes that the destination has not taken yet. NIO throws them away when its output is closed.
    private var unfinishedWrites = 0
    private var endIsDue = false
    private let finish: (ConnectionEnding) -> Void

    /// Reading stops above this many bytes in wait, so that a slow stream does not fill memory.
    private static let highWaterMark = 1 << 18

    init(
        direction: StreamDirection, from source: any Channel, to destination: any Channel, counters: ProxyCounters,
        finish: @escaping (ConnectionEnding) -> Void
    ) {
        self.direction = direction
        self.source = source
        self.destination = destination
        self.counters = counters
        self.finish = finish
    }

    /// Puts other toxics in force. What waits is judged anew by them, from now on, in the same order.
    func replaceToxics(_ toxics: [(name: String, toxic: any Toxic)]) {
        self.toxics = toxics
        for ending in endings { ending.cancel() }
        endings = toxics.compactMap { name, toxic in
            toxic.ending.map { ending in
                destination.eventLoop.assumeIsolated().scheduleTask(in: ending.after) { [self] in
                    count(name) { if ending.kind == .reset { $0.reset += 1 } else { $0.closed += 1 } }
                    finish(ending.kind)
                }
            }
        }
        let waiting = queue
        queue.removeAll()
        queuedBytes = 0
        last = .now()
        for entry in waiting {
            switch entry.item {
            case .bytes(let bytes): enqueue(bytes, arrival: entry.arrival)
            case .end: enqueueEnd(arrival: entry.arrival)
            }
        }
        pump()
    }

    func receive(_ bytes: ByteBuffer) {
        counters.update { $0.bytes += bytes.readableBytes }
        enqueue(bytes, arrival: .now())
        pump()
    }

    /// The source will send no more; said to the destination once all before it is through.
    func receiveEnd() {
        enqueueEnd(arrival: .now())
        pump()
    }

    /// The destination takes bytes again.
    func destinationIsWritable() {
        pump()
    }

    func stop() {
        wakeup?.cancel()
        for ending in endings { ending.cancel() }
        queue.removeAll()
    }

    private func enqueue(_ bytes: ByteBuffer, arrival: NIODeadline) {
        var pieces = [StreamPiece(bytes: bytes, release: .now())]
        for index in toxics.indices {
            var next: [StreamPiece] = []
            for piece in pieces {
                let name = toxics[index].name
                switch toxics[index].toxic.pass(piece) {
                case .pass(let passed):
                    countDelay(of: passed, since: piece.release, by: name)
                    next += passed
                case .drop:
                    count(name) { $0.droppedBytes += piece.bytes.readableBytes }
                }
            }
            pieces = next
        }
        for piece in pieces {
            last = max(last, piece.release)
            queue.append(Queued(item: .bytes(piece.bytes), arrival: arrival, release: last))
            queuedBytes += piece.bytes.readableBytes
        }
        if queuedBytes > ToxicStream.highWaterMark { pauseReading(true) }
    }

    private func enqueueEnd(arrival: NIODeadline) {
        // A connection whose bytes are dropped does not show its end either, until the toxic ends it.
        if toxics.contains(where: { $0.toxic is TimeoutToxic }) { return }
        queue.append(Queued(item: .end, arrival: arrival, release: max(last, .now())))
    }

    /// Writes all whose moment has come and sets the alarm for the next.
    private func pump() {
        wakeup?.cancel()
        wakeup = nil
        let now = NIODeadline.now()
        var wrote = false
        while let first = queue.first, first.release <= now, destination.isWritable {
            queue.removeFirst()
            switch first.item {
            case .bytes(let bytes):
                queuedBytes -= bytes.readableBytes
                write(bytes)
                wrote = true
            case .end:
                endIsDue = true
            }
        }
        if wrote { destination.flush() }
        endIfDue()
        if queuedBytes < ToxicStream.highWaterMark / 2 { pauseReading(false) }
        if let first = queue.first, first.release > now, first.release != .distantFuture {
            wakeup = destination.eventLoop.assumeIsolated().scheduleTask(deadline: first.release) { self.pump() }
        }
    }

    private func write(_ bytes: ByteBuffer) {
        unfinishedWrites += 1
        destination.write(bytes).assumeIsolated().whenComplete { [self] _ in
            unfinishedWrites -= 1
            endIfDue()
        }
    }

    /// Tells the destination that no more comes, once it has taken everything.
    private func endIfDue() {
        guard endIsDue, unfinishedWrites == 0 else { return }
        endIsDue = false
        destination.close(mode: .output, promise: nil)
    }

    private func countDelay(of pieces: [StreamPiece], since release: NIODeadline, by name: String) {
        for piece in pieces {
            if piece.release == .distantFuture {
                count(name) { $0.heldBytes += piece.bytes.readableBytes }
                continue
            }
            let delay = (piece.release - release).nanoseconds
            guard delay > 1_000_000 else { continue }
            count(name) {
                $0.delayedPieces += 1
                $0.delayNanoseconds += delay
            }
        }
    }

    private func count(_ name: String, _ body: (inout ProxyCounters.Toxic) -> Void) {
        counters.update { body(&$0.toxics[name, default: ProxyCounters.Toxic()]) }
    }

    private func pauseReading(_ pause: Bool) {
        guard pause != readIsPaused else { return }
        readIsPaused = pause
        source.setOption(.autoRead, value: !pause).whenFailure { _ in
            // The channel is closed already; its end is on its way through the queue.
        }
    }
}
