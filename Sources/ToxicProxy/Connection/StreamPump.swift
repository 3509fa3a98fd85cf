import CLinux
import DequeModule
import Glibc

/// One direction of one connection. Without toxics its bytes go from socket to socket through a pipe and are never in
/// user space (splice(2)), but for small pieces, see ``Carriage``; with toxics they are read, go through the chain, and are
/// written when their moment has come.
final class StreamPump: Timed {
    let direction: StreamDirection
    let source: ConnectionSide
    let destination: ConnectionSide
    private unowned let connection: ProxyConnection
    private let reactor: Reactor
    private let counters: ProxyCounters
    private let traffic: TrafficCounts

    /// Whether the bytes go through the rules of a protocol.
    private let isFollowed: Bool
    /// Nil while there is no toxic and nothing left of one, nor of a piece that was copied.
    private var chain: ToxicChain?
    private var wire = WireLine()
    /// Following a protocol can come back to a stream from within.
    private var isPumping = false
    private var pipe: KernelPipe?
    private var bytesInPipe = 0
    private var canSplice: Bool
    private var carriage = Carriage()
    /// The sender has ended its side, and the receiver has been told.
    private var sourceHasEnded = false
    private(set) var endIsSent = false
    /// Alarms and queues can hold the stream for longer than its connection lives.
    private var isOver = false
    /// The next alarm that is set.
    private var alarm = Moment.never
    private var endings: [(name: String, number: Int, revision: Int, due: Moment, kind: ConnectionEnding)] = []

    /// How much is moved at once before others have their turn.
    private static let rounds = 16

    init(
        _ direction: StreamDirection, from source: ConnectionSide, to destination: ConnectionSide,
        of connection: ProxyConnection, on reactor: Reactor, _ counters: ProxyCounters, _ traffic: TrafficCounts
    ) {
        self.direction = direction
        self.source = source
        self.destination = destination
        self.connection = connection
        self.reactor = reactor
        self.counters = counters
        canSplice = source.session == nil && destination.session == nil
        self.traffic = traffic
        isFollowed = connection.isFollowed
    }

    /// Puts other toxics in force.
    func apply(_ toxics: [ActiveToxic], make: (ActiveToxic) -> any Toxic) {
        let toxics = toxics.filter { !$0.specification.needsProtocol }
        if chain == nil, toxics.isEmpty { return }
        let now = Moment.now()
        let isNew = chain == nil
        var chain = chain ?? ToxicChain()
        self.chain = nil
        let ending = chain.replace(with: toxics, at: now, make: make)
        if isNew, sourceHasEnded, !endIsSent, !isFollowed { chain.receive(.end, at: now) }
        endings.removeAll { !chain.contains(number: $0.number, revision: $0.revision) }
        for ending in chain.endings(at: now)
        where !endings.contains(where: { $0.number == ending.number && $0.revision == ending.revision }) {
            endings.append(ending)
        }
        counters.add(chain.takeCounts())
        self.chain = chain
        if let ending { return connection.end(ending) }
        endWhatIsDue(at: now)
        pump()
    }

    func fire(at now: Moment) {
        guard !isOver else { return }
        if alarm <= now { alarm = .never }
        chain?.release(at: now)
        endWhatIsDue(at: now)
        pump()
    }

    /// Takes what the rules of a protocol let through.
    func take(_ content: ToxicOutput.Content, due: Moment) {
        wire.append(content, due: due)
    }

    /// Moves what can be moved.
    func pump() {
        // Whoever comes back here from within has handed over what the loop below will see.
        guard !isPumping, !isOver else { return }
        isPumping = true
        defer { isPumping = false }
        var rounds = StreamPump.rounds
        while !isOver, flush(), source.isReadable, !sourceHasEnded {
            guard rounds > 0 else {
                reactor.continueSoon(self)
                break
            }
            rounds -= 1
            let goesOn = isFollowed ? readMessages() : chain == nil && canSplice ? carry() : read()
            guard goesOn else { break }
        }
        if !isOver { setAlarm() }
    }

    /// Gives back what the stream holds; its connection is over.
    func dispose() {
        isOver = true
        if let pipe {
            // Bytes that are left must not reach the next stream.
            if bytesInPipe == 0 { reactor.pipes.give(pipe) } else { pipe.close() }
        }
        pipe = nil
        chain = nil
    }

    /// - Returns: false when nothing more can come now.
    private func carry() -> Bool {
        if carriage.isUnknown {
            let waiting = cl_stream_waiting(source.descriptor)
            guard waiting != 0 || source.peerHasEnded else {
                source.isReadable = false
                return false
            }
            carriage.note(Int(waiting))
        }
        return carriage.splices ? splice() : copy()
    }

    /// Carries a small piece, or the beginning of one that turns out to be large.
    private func copy() -> Bool {
        guard let buffer = reactor.scratch.baseAddress else { return false }
        let count = cl_stream_read(source.descriptor, buffer, Carriage.smallest)
        guard count > 0 else { return endOrPause(count) }
        traffic.noteReceived(Int(count), direction)
        carriage.note(Int(count))
        if count < Carriage.smallest { source.isReadable = source.peerHasEnded }
        let taken = destination.isWritable ? cl_stream_write(destination.descriptor, buffer, Int(count)) : 0
        if taken != 0, !took(taken), isOver { return false }
        let rest = UnsafeRawBufferPointer(start: buffer, count: Int(count)).dropFirst(Int(max(0, taken)))
        if !rest.isEmpty {
            // It waits where what toxics let go waits for a receiver that is full.
            var chain = ToxicChain()
            chain.output.append(.bytes([UInt8](rest)[...]))
            self.chain = chain
        }
        return true
    }

    /// - Returns: false when nothing more can come now.
    private func splice() -> Bool {
        guard let pipe = pipe ?? reactor.pipes.take() else {
            canSplice = false
            return true
        }
        self.pipe = pipe
        let count = cl_splice(source.descriptor, pipe.write, Int(KernelPipe.size))
        switch count {
        case 1...:
            bytesInPipe = Int(count)
            traffic.noteReceived(Int(count), direction)
            traffic.noteSpliced(Int(count))
            // Every piece in the pipe is at least a byte: with fewer bytes than slots it cannot have been full, so the
            // socket is empty, and the kernel tells when it no longer is.
            if count < pipe.slots { source.isReadable = source.peerHasEnded }
            carriage.note(Int(count))
            return true
        case Int64(-EINVAL):
            canSplice = false
            return true
        default:
            defer { releasePipe() }
            return endOrPause(count)
        }
    }

    /// What a read said that brought nothing.
    /// - Returns: whether to go on all the same.
    private func endOrPause(_ result: Int64) -> Bool {
        switch result {
        case 0: sourceHasEnded = true
        case Int64(-EINTR): break
        case Int64(-EAGAIN):
            source.isReadable = false
            return false
        default:
            connection.end(.reset)
            return false
        }
        return true
    }

    /// Reads for a protocol that is followed.
    private func readMessages() -> Bool {
        guard wire.waiting + (chain?.waiting ?? 0) < chain?.capacity ?? 1 << 18 else { return false }
        switch receive() {
        case .bytes(let bytes): connection.follow(bytes, from: direction)
        case .end: connection.follow(nil, from: direction)
        case .nothing: return false
        case .interrupted: break
        }
        return !isOver
    }

    private func releaseMessages() {
        guard isFollowed else { return }
        let now = Moment.now()
        var chain = chain ?? ToxicChain()
        self.chain = nil
        while let content = wire.popDue(at: now) { chain.receive(content, at: now) }
        counters.add(chain.takeCounts())
        self.chain = chain
    }

    /// Reads for the toxics.
    private func read() -> Bool {
        var chain = chain ?? ToxicChain()
        self.chain = nil
        defer { if !isOver { self.chain = chain } }
        guard chain.waiting < chain.capacity else { return false }
        switch receive() {
        case .bytes(let bytes): chain.receive(.bytes(bytes), at: .now())
        case .end: chain.receive(.end, at: .now())
        case .nothing: return false
        case .interrupted: return true
        }
        counters.add(chain.takeCounts())
        return true
    }

    private enum Reading {
        case bytes(Bytes)
        case end
        /// Nothing is there now, or the connection has just ended.
        case nothing
        case interrupted
    }

    /// Brings what the source has into user space.
    private func receive() -> Reading {
        let count = source.read(into: reactor.scratch)
        switch count {
        case 1...:
            traffic.noteReceived(Int(count), direction)
            if count < reactor.scratch.count { source.isReadable = source.peerHasEnded }
            return .bytes([UInt8](UnsafeRawBufferPointer(rebasing: reactor.scratch[0..<Int(count)]))[...])
        case 0:
            sourceHasEnded = true
            return .end
        case Int64(-EAGAIN): source.isReadable = false
        case Int64(-EINTR): return .interrupted
        default: connection.end(.reset)
        }
        return .nothing
    }

    /// Writes what is due.
    /// - Returns: whether all of it was taken and the stream goes on.
    private func flush() -> Bool {
        releaseMessages()
        guard flushPipe() else { return false }
        if chain != nil {
            guard flushChain() else { return false }
        } else if sourceHasEnded, !endIsSent {
            guard sendEnd() else { return false }
        }
        return !isOver
    }

    private func flushPipe() -> Bool {
        guard let pipe, bytesInPipe > 0 else { return true }
        while bytesInPipe > 0 {
            guard destination.isWritable else { return false }
            let count = cl_splice(pipe.read, destination.descriptor, bytesInPipe)
            guard took(count) else { return false }
            if count > 0 { bytesInPipe -= Int(count) }
        }
        releasePipe()
        return true
    }

    private func flushChain() -> Bool {
        while let content = chain?.output.first {
            switch content {
            case .bytes(let bytes):
                guard destination.isWritable else { return false }
                let count = bytes.withUnsafeBytes { destination.write($0) }
                guard took(count) else { return false }
                guard count > 0 else { continue }
                if count == bytes.count {
                    chain?.output.removeFirst()
                } else {
                    chain?.output[0] = .bytes(bytes.dropFirst(Int(count)))
                }
            case .end:
                guard sendEnd() else { return false }
                chain?.output.removeFirst()
            case .ending(let kind):
                connection.end(kind)
            }
            guard !isOver else { return false }
        }
        if let chain, chain.isEmpty, !isFollowed { self.chain = nil }
        return true
    }

    /// Whether a write was taken or is to be tried again; otherwise the receiver is full or gone.
    private func took(_ count: Int64) -> Bool {
        switch count {
        case 0...:
            traffic.noteSent(Int(count), direction)
            return true
        case Int64(-EINTR): return true
        case Int64(-EAGAIN):
            destination.isWritable = false
            return false
        default:
            connection.end(.reset)
            return false
        }
    }

    /// Whether the receiver has been told; otherwise it is full.
    private func sendEnd() -> Bool {
        guard destination.end() else {
            destination.isWritable = false
            return false
        }
        endIsSent = true
        connection.endIfBothHaveEnded()
        return true
    }

    private func releasePipe() {
        if let pipe { reactor.pipes.give(pipe) }
        pipe = nil
    }

    private func endWhatIsDue(at now: Moment) {
        guard let ending = endings.first(where: { $0.due <= now }) else { return }
        endings.removeAll { $0.number == ending.number }
        var counts = ProxyCounters.Toxic()
        switch ending.kind {
        case .close: counts.closed = 1
        case .reset: counts.reset = 1
        case .vanish: counts.vanished = 1
        }
        counters.add([ending.name: counts])
        connection.end(ending.kind, from: source)
    }

    private func setAlarm() {
        if chain == nil, endings.isEmpty, !isFollowed { return }
        let due = min(chain?.next ?? .never, wire.next ?? .never, endings.map(\.due).min() ?? .never)
        guard due < alarm else { return }
        alarm = due
        reactor.wake(self, at: due)
    }
}
