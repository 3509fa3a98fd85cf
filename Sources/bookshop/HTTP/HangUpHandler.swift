import NIOCore
import Synchronization

/// Notices that a client hung up, and cancels what is being done for it alone.
///
/// A client that closes only its sending half counts as one that hung up: hardly any does, and TCP tells no difference.
final class HangUpHandler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = Never

    private struct State {
        var isOver = false
        var next = 0
        var cancellations: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Runs the body; when the client hangs up meanwhile, its task is cancelled.
    static func untilHangUp<Value: Sendable>(
        of channel: (any Channel)?, _ body: @escaping @Sendable () async -> Value
    ) async -> Value {
        // A channel that is closed already has no handlers any more, and somebody to answer as little.
        guard let channel, let handler = try? await channel.pipeline.handler(type: HangUpHandler.self).get() else {
            return await body()
        }
        let task = Task { await body() }
        let number = handler.add { task.cancel() }
        defer { handler.remove(number) }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func add(_ cancel: @escaping @Sendable () -> Void) -> Int {
        let (number, isOver) = state.withLock { state in
            state.next += 1
            if !state.isOver { state.cancellations[state.next] = cancel }
            return (state.next, state.isOver)
        }
        if isOver { cancel() }
        return number
    }

    private func remove(_ number: Int) {
        state.withLock { $0.cancellations[number] = nil }
    }

    private func hangUp() {
        let cancellations = state.withLock { state in
            state.isOver = true
            defer { state.cancellations = [:] }
            return Array(state.cancellations.values)
        }
        for cancel in cancellations { cancel() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { hangUp() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hangUp()
        context.fireChannelInactive()
    }
}
