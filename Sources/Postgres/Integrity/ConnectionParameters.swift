import CLibPQ

/// A connection string taken apart by libpq.
struct ConnectionParameters {
    private struct Parameter {
        let keyword: String
        let environmentName: String?
        var value: String
    }

    private var parameters: [Parameter]

    /// - Throws: `invalidConnectionString`, without libpq's text, which may quote the password.
    init(_ connectionString: String) throws(PostgresError) {
        var reason: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(connectionString, &reason)
        if let reason { PQfreemem(reason) }
        guard let options else {
            throw PostgresError(kind: .invalidConnectionString, message: "the connection string could not be parsed")
        }
        parameters = Self.values(of: options)
        PQconninfoFree(options)
    }

    /// The connection string of another database of the same server.
    func connectionString(database: String) -> String {
        let others = parameters.filter { $0.keyword != "dbname" }
        return (others.map { ($0.keyword, $0.value) } + [("dbname", database)])
            .map { "\($0.0)='\(Self.escape($0.1))'" }.joined(separator: " ")
    }

    /// The environment in which PostgreSQL's programs connect to a database as this process would: a password does not
    /// appear among their arguments.
    func environment(database: String) -> [String: String] {
        var environment: [String: String] = [:]
        var defaults: [Parameter] = []
        if let options = PQconndefaults() {
            defaults = Self.values(of: options)
            PQconninfoFree(options)
        }
        for parameter in defaults + parameters {
            if let name = parameter.environmentName { environment[name] = parameter.value }
        }
        environment["PGDATABASE"] = database
        return environment
    }

    private static func values(of options: UnsafeMutablePointer<PQconninfoOption>) -> [Parameter] {
        var parameters: [Parameter] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                parameters.append(
                    Parameter(
                        keyword: String(cString: keyword),
                        environmentName: option.pointee.envvar.map { String(cString: $0) },
                        value: String(cString: value)))
            }
            option += 1
        }
        return parameters
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        for character in value.unicodeScalars {
            if character == "'" || character == "\\" { escaped.unicodeScalars.append("\\") }
            escaped.unicodeScalars.append(character)
        }
        return escaped
    }
}
