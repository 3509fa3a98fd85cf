import Journal

/// Who holds which knob in a run. Two faults on one knob could not be taken back in any order, so the second waits
/// for another scenario.
public actor Claims {
    private var holders: [String: String] = [:]

    public init() {}

    /// - Throws: naming the fault that holds one of the subjects.
    func claim(_ subjects: [String], for fault: String) throws(FaultError) {
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
