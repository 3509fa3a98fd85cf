import Events
import Reports

/// What a Prometheus is given of a run that is watched.
actor WatchMetrics {
    private var state = WatchState()
    private var reading: Task<Void, any Error>?

    func begin(_ feed: WatchFeed) {
        reading = Task { [weak self] in
            for try await (_, event) in feed.events() { await self?.take(event) }
            await self?.forget()
        }
    }

    func end() { reading?.cancel() }

    var text: String { LiveMetrics(state).text }

    private func take(_ event: RunEvent) { state.take(event) }

    /// Of a run whose harness is gone nothing is measured any more, though its events have no end.
    private func forget() { state = WatchState() }
}
