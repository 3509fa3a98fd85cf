import Measurement
import NIOCore
import PlainHTTP

/// Gets a page of metrics.
struct MetricsReader: Sendable {
    private let url: String

    init(_ url: String) {
        self.url = url
    }

    /// - Parameter prefixes: beginnings of the names to keep.
    /// - Throws: when there is no such page.
    func read(keeping prefixes: [String] = [""]) async throws -> OpenMetricsPage {
        let client = PlainHTTPClient()
        defer { client.close() }
        let answer: HTTPAnswer
        do {
            answer = try await client.send(.GET, url, within: .seconds(30))
        } catch {
            throw HarnessError(
                .internal, "\(url): \(error); the machine may be too busy for a baseline: look at its load")
        }
        guard answer.status == 200 else {
            throw HarnessError(.internal, "\(url) answered with \(answer.status) and gives no metrics")
        }
        return OpenMetricsPage(String(buffer: answer.body), keeping: prefixes)
    }
}
