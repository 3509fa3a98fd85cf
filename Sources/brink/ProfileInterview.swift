/// Asks for what a target profile needs, one line for each answer; an empty one takes what is offered.
struct ProfileInterview {
    /// Shows a question.
    let ask: (String) -> Void
    /// The next line of the answers; nil at their end.
    let answer: () -> String?

    /// - Parameter profile: what is known already and offered.
    func fill(_ profile: StarterProfile) -> StarterProfile {
        var profile = profile
        profile.program = line("The service's program, as an absolute path", profile.program)
        if profile.arguments.isEmpty {
            profile.arguments = lines(
                "An argument of it, one on each line; {port} stands for the port it is to listen on; an empty line ends"
            )
        }
        profile.ready = line("The path that answers 200 once it is ready", profile.ready)
        let schema = line("A file with SQL for its tables, or nothing", profile.schema ?? "")
        profile.schema = schema.isEmpty ? nil : schema
        profile.endpoint = line("The path of its GraphQL", profile.endpoint)
        profile.query = line("A query with the variable $id", profile.query)
        profile.answer = line("The path of a value in its answer that is never null", profile.answer)
        let mutation = line("A mutation that stores the variable $key, or nothing", profile.write?.mutation ?? "")
        guard !mutation.isEmpty else { return profile }
        profile.write = StarterProfile.Write(
            mutation: mutation, answer: line("The path of a value in its answer", "data.placeOrder.key"),
            stored: line(
                "SQL that reads the keys back which begin with $1",
                "SELECT key FROM orders WHERE starts_with(key, $1)"))
        return profile
    }

    private func line(_ question: String, _ offered: String) -> String {
        ask(offered.isEmpty ? "\(question): " : "\(question) [\(offered)]: ")
        guard let text = answer(), !text.isEmpty else { return offered }
        return text
    }

    private func lines(_ question: String) -> [String] {
        ask("\(question): ")
        var all: [String] = []
        while let text = answer(), !text.isEmpty { all.append(text) }
        return all
    }
}
