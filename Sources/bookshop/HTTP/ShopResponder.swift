import HTTPTypes
import Hummingbird
import NIOCore
import Postgres

/// The HTTP interface of `bookshop serve`.
struct ShopResponder: HTTPResponder {
    private static let maximumBodyBytes = 1 << 20
    /// Whom the service took the sender for, so that it can be seen when it takes one for another.
    private static let userField = HTTPField.Name("Bookshop-User")

    let executor: GraphQLExecutor
    let pool: ConnectionPool
    let cache: ResultCache
    /// `nil` when the service runs without authentication.
    let tokens: TokenVerifier?
    /// `nil` when nobody may damage what is remembered of tokens.
    let tokenControl: TokenControl?
    let metrics: Metrics
    let page: MetricsPage
    /// `nil` when nobody may control the cache.
    let control: CacheControl?
    /// How long `/ready` may take.
    let readyTimeout: Duration
    /// On under the weakness `health-lies`.
    var healthLies = false
    /// The weakness `leaks-memory-on-error`, when it is on.
    var errorArchive: ErrorArchive?

    func respond(to request: Request, context: ShopRequestContext) async throws -> Response {
        switch (request.method, request.uri.path) {
        case (.post, "/graphql"): return await graphQL(request, from: context.channel)
        case (.get, "/health"): return .text("ok\n")
        case (.get, "/ready"): return await ready()
        case (.get, "/metrics"):
            let text = page.render(pool: await pool.statistics, cacheEntries: cache.count)
            return .content(ByteBuffer(string: text), OpenMetricsWriter.contentType)
        case (.get, "/metrics/stages"):
            return .content(ByteBuffer(string: metrics.stages.page), OpenMetricsWriter.contentType)
        case (.post, "/control/cache"):
            guard let control else { return .text("not found\n", .notFound) }
            return await control.respond(to: request)
        case (_, "/graphql"), (_, "/health"), (_, "/ready"), (_, "/metrics"), (_, "/metrics/stages"):
            return .text("method not allowed\n", .methodNotAllowed)
        case (_, TokenControl.path):
            return try await tokenControl?.respond(to: request) ?? .text("not found\n", .notFound)
        default:
            return .text("not found\n", .notFound)
        }
    }

    // MARK: GraphQL

    private struct Answer {
        /// Whom it was given to.
        var user: String?
        var operation = "invalid"
        var outcome: String
        var status: HTTPResponse.Status
        var response: GraphQLResponse

        static func refused(
            _ error: ServiceError, _ outcome: String, _ status: HTTPResponse.Status
        ) -> Answer {
            Answer(outcome: outcome, status: status, response: .refused(error))
        }
    }

    private func graphQL(_ request: Request, from client: (any Channel)?) async -> Response {
        let started = ContinuousClock.now
        let answer = await answer(request, from: client)
        for failure in answer.response.failures {
            metrics.errors.increment(failure.error.code.rawValue)
            errorArchive?.keep(failure.error)
        }
        metrics.requests.increment(answer.operation, answer.outcome)
        metrics.requestSeconds.observe(started.duration(to: .now))
        let resolved = ContinuousClock.now
        let encoded = answer.response.encoded()
        metrics.stages.observe(.encode, since: resolved)
        var response = Response.json(encoded, answer.status)
        if answer.status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        if let user = answer.user, let name = Self.userField { response.headers[name] = user }
        return response
    }

    private func answer(_ request: Request, from client: (any Channel)?) async -> Answer {
        guard let tokens else { return await answerAuthorized(request, from: client) }
        let user: String
        do throws(TokenRefusal) {
            user = try await tokens.check(authorization: request.headers[.authorization])
        } catch {
            return refused(error)
        }
        var answer = await answerAuthorized(request, from: client)
        answer.user = user
        return answer
    }

    private func answerAuthorized(_ request: Request, from client: (any Channel)?) async -> Answer {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.maximumBodyBytes)
        } catch is NIOTooManyBytesError {
            return .refused(
                ServiceError(.badRequest, "the body is larger than \(Self.maximumBodyBytes) bytes"), "bad_request",
                .contentTooLarge)
        } catch {
            return .refused(ServiceError(.badRequest, "the body could not be read"), "bad_request", .badRequest)
        }
        let received = ContinuousClock.now
        do throws(ServiceError) {
            let graphQL = try GraphQLRequest(body: Array(body.readableBytesView))
            let document: GraphQLDocument
            do throws(GraphQLSyntaxError) {
                document = try GraphQLParser.parse(graphQL.query)
            } catch {
                throw ServiceError(.badRequest, "the query is not GraphQL: \(error.description)")
            }
            return await execute(graphQL, document, received, for: client)
        } catch {
            return .refused(error, "bad_request", .badRequest)
        }
    }

    private func execute(
        _ request: GraphQLRequest, _ document: GraphQLDocument, _ received: ContinuousClock.Instant,
        for client: (any Channel)?
    ) async -> Answer {
        let plan: GraphQLPlan
        do throws(GraphQLPlanner.Failure) {
            plan = try GraphQLPlanner.plan(
                document, operationName: request.operationName, variables: request.variables)
        } catch {
            return .refused(ServiceError(.badRequest, error.message), "bad_request", .ok)
        }
        metrics.stages.observe(.parse, since: received)
        // A write goes on to its end, which somebody may ask for later; nobody will ask for what a query found.
        let response =
            plan.kind == .query
            ? await HangUpHandler.untilHangUp(of: client) { await executor.execute(plan) }
            : await executor.execute(plan)
        return Answer(
            operation: plan.label, outcome: response.failures.isEmpty ? "ok" : "error", status: .ok, response: response)
    }

    private func refused(_ refusal: TokenRefusal) -> Answer {
        if refusal == .keysUnavailable {
            return .refused(ServiceError(.internal, refusal.message), "error", .serviceUnavailable)
        }
        return .refused(ServiceError(.unauthenticated, refusal.message), "unauthenticated", .unauthorized)
    }

    // MARK: Readiness

    private func ready() async -> Response {
        // The weakness `health-lies`: it runs, so it is well.
        if healthLies { return .text("ready\n") }
        do throws(ServiceError) {
            try await pool.withSession { session throws(ServiceError) in
                let isHealthy: Bool
                do throws(PostgresError) {
                    isHealthy = try await session.isHealthy(within: readyTimeout)
                } catch {
                    throw ServiceError(error)
                }
                guard isHealthy else { throw ServiceError.outOfStep(session) }
            }
            return .text("ready\n")
        } catch {
            return .text("not ready: \(error.code.rawValue): \(error.message)\n", .serviceUnavailable)
        }
    }
}
