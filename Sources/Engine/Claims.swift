import LinuxSystem

/// Who holds which knob in a run. Two faults on one knob could not be taken back in any order, so the second waits for
/// the first to end.
public actor Claims {
    private var holders: [String: String] = [:]
    private let patience: Duration

    /// - Parameter patience: how long a fault waits. On a busy machine one that should have ended may still be at it.
    public init(patience: Duration = .seconds(10)) {
        self.patience = patience
    }

    /// Waits until nobody else holds one of the subjects.
    /// - Throws: naming the fault that still holds one when patience is at its end; `CancellationError`.
    func claim(_ subjects: [String], for fault: String) async throws {
        let end = MonotonicClock.now() + patience
        while MonotonicClock.now() < end {
            if (try? take(subjects, for: fault)) != nil { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        try take(subjects, for: fault)
    }

    private func take(_ subjects: [String], for fault: String) throws(FaultError) {
        for subject in subjects {
            if let holder = holders[subject], holder != fault {
                throw FaultError("\(subject) is already held by fault \(holder); let one end before the other begins")
            }
        }
        for subject in subjects { holders[subject] = fault }
    }

    func release(_ fault: String) {
        holders = holders.filter { $0.value != fault }
    }
}
