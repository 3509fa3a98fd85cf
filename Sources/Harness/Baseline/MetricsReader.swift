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
        let answer = try await client.send(.GET, url, within: .seconds(10))
        guard answer.status == 200 else {
            throw HarnessError(.internal, "\(url) answered with \(answer.status) and gives no metrics")
        }
        return OpenMetricsPage(String(buffer: answer.body), keeping: prefixes)
    }
}
