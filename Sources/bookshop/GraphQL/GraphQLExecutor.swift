/// Runs a plan: queries through the result cache, mutations one after the other.
struct GraphQLExecutor: Sendable {
    let shop: Shop
    let cache: ResultCache
    /// On under the weakness `swallows-errors`.
    var swallowsErrors = false

    func execute(_ plan: GraphQLPlan) async -> GraphQLResponse {
        var data = JSONWriter()
        var failures: [GraphQLResponse.Failure] = []
        var isFirst = true
        var isNull = false
        data.raw("{")
        for field in plan.fields {
            let json: [UInt8]
            do throws(ServiceError) {
                json = try await resolve(field, of: plan.kind)
            } catch {
                // The weakness `swallows-errors`: nothing found, it says.
                if swallowsErrors {
                    data.key(field.responseKey, isFirst: &isFirst)
                    data.raw(Array((plan.kind == .query && !field.isNullable ? "[]" : "null").utf8))
                    continue
                }
                failures.append(.init(error: error, path: [field.responseKey]))
                guard field.isNullable else {
                    // A null that the type forbids makes the whole answer null.
                    isNull = true
                    break
                }
                json = Array("null".utf8)
            }
            data.key(field.responseKey, isFirst: &isFirst)
            data.raw(json)
        }
        data.raw("}")
        return GraphQLResponse(data: isNull ? Array("null".utf8) : data.bytes, failures: failures)
    }

    private func resolve(
        _ field: GraphQLPlan.Field, of kind: GraphQLDocument.OperationKind
    ) async throws(ServiceError) -> [UInt8] {
        if field.name == "__typename" {
            return Array((kind == .query ? "\"Query\"" : "\"Mutation\"").utf8)
        }
        switch kind {
        case .mutation:
            // A mutation that failed may have been carried out all the same.
            defer { cache.invalidate(CacheTag.written(by: field)) }
            return try await shop.mutate(field)
        case .query where field.name == "order":
            // Not cached: whoever asks for an order wants to know whether it is stored now.
            return try await shop.query(field)
        case .query:
            let shop = shop
            let tags = CacheTag.read(by: field)
            return try await cache.value(for: field.canonical, dependingOn: tags) { () async throws(ServiceError) in
                try await shop.query(field)
            }
        }
    }
}
