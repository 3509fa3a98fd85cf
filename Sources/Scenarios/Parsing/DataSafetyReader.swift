import Spelling
import Yams

/// Reads the section `dataSafety` of a scenario.
struct DataSafetyReader {
    let reader: DocumentReader

    static let keys = ["target", "through", "integrity", "listAppend", "bank", "phenomena"]

    func read(_ node: Node, targets: [Target], services: [Service]) -> DataSafety? {
        guard
            let entries = reader.mapping(
                node, "dataSafety", keys: DataSafetyReader.keys, required: ["target"]),
            let place = entries["target"], let id = entries.text("target")
        else { return nil }
        guard let target = targets.first(where: { $0.id == id }) else {
            reader.report(
                "no target is called \"\(id)\"\(Spelling.suggestion(for: id, among: targets.map(\.id)))", at: place)
            return nil
        }
        guard target.kinds(services: services).contains(.database) else {
            reader.report("dataSafety needs a target that is a PostgreSQL; \(id) is none", at: place)
            return nil
        }
        let through = entries.text("through")
        let known = services.map(\.id) + targets.map(\.id)
        if let through, let node = entries["through"], !through.contains("="), !known.contains(through) {
            reader.report(
                "\"\(through)\" is no service, target or connection string\(Spelling.suggestion(for: through, among: known))",
                at: node)
        }
        return DataSafety(
            target: id, through: through, integrity: entries.flag("integrity", default: true),
            listAppend: entries["listAppend"].flatMap { workload($0, "listAppend") },
            bank: entries["bank"].flatMap { workload($0, "bank") },
            phenomena: entries["phenomena"].flatMap {
                workload($0, "phenomena", keys: ["isolation", "promises", "pause"])
            })
    }

    private func workload(
        _ node: Node, _ name: String, keys: [String] = ["isolation", "promises", "clients", "pause"]
    ) -> DataSafety.Workload? {
        guard let entries = reader.mapping(node, name, keys: keys) else { return nil }
        let isolation = level(entries, "isolation") ?? "serializable"
        return DataSafety.Workload(
            isolation: isolation, promises: level(entries, "promises") ?? isolation,
            clients: entries.integer("clients", within: 1...64, default: 2),
            pause: entries.duration("pause", within: .zero...(.seconds(60)), default: .milliseconds(100)))
    }

    private func level(_ entries: Entries, _ key: String) -> String? {
        guard let node = entries[key] else { return nil }
        let known = key == "promises" ? DataSafety.promises : DataSafety.levels
        guard let text = node.string, known.contains(text) else {
            reader.report("\(key) must be one of \(known.joined(separator: ", "))", at: node)
            return nil
        }
        return text
    }
}
