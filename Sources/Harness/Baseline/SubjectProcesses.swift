import LinuxSystem

/// The processes of the service and of its database.
struct SubjectProcesses {
    private let subject: BaselineSubject
    private let table = ProcessTable()

    init(_ subject: BaselineSubject) {
        self.subject = subject
    }

    /// Memory now, of both.
    /// - Parameter state: `rest` or `load`.
    func memory(at state: String, into findings: inout RunFindings) {
        for (name, pids) in groups {
            let metric = "system.memory.\(name).\(state)"
            do throws(SystemError) {
                var bytes: UInt64 = 0
                for pid in pids { bytes += try share(of: pid) }
                findings.set(metric, Double(bytes), of: pids.count)
            } catch {
                findings.lacks(metric, because: "\(error)")
            }
        }
    }

    /// What both have cost so far, by name.
    var costs: [String: ThreadCosts] {
        Dictionary(uniqueKeysWithValues: groups.map { ($0.name, ThreadCosts(of: $0.pids, table)) })
    }

    private var groups: [(name: String, pids: [Int32])] {
        var groups = [(name: "service", pids: [subject.service.pid])]
        if let postmaster = subject.postmaster {
            // A backend that ends meanwhile is none of the service's.
            let children = (try? table.descendants(of: [postmaster.pid])) ?? []
            groups.append(("database", [postmaster.pid] + children.filter { $0 != postmaster.pid }))
        }
        return groups
    }

    /// Proportional: what several processes share counts once in their sum (smaps_rollup, proc(5)). Zero for a process
    /// that has ended.
    private func share(of pid: Int32) throws(SystemError) -> UInt64 {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SystemFile.read("\(table.root)/\(pid)/smaps_rollup")
        } catch {
            guard table.exists(pid) else { return 0 }
            throw error
        }
        var scanner = ByteScanner(bytes)
        while !scanner.isAtEnd {
            if scanner.skip("Pss:") {
                scanner.skipBlanks()
                return (scanner.number() ?? 0) * 1024
            }
            scanner.skipLine()
        }
        return 0
    }
}
