/// What wants to be woken at a moment.
protocol Timed: AnyObject {
    func fire(at now: Moment)
}

/// A binary heap of alarms, earliest first. An alarm that is no longer needed goes off all the same, and finds nothing to
/// do: that is cheaper than taking it out.
struct TimerQueue {
    private struct Alarm {
        let due: Moment
        let owner: any Timed
    }

    private var heap: [Alarm] = []

    /// When the next alarm goes off.
    var next: Moment? { heap.first?.due }

    mutating func set(_ owner: any Timed, at due: Moment) {
        heap.append(Alarm(due: due, owner: owner))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the earliest alarm when its moment has come.
    mutating func popDue(at now: Moment) -> (any Timed)? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.owner
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].due < heap[least].due
            {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
