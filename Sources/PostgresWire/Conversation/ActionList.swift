/// What is to be done, in order, with stretches of one input joined again.
struct ActionList {
    private(set) var actions: [WireAction] = []
    private let input: ArraySlice<UInt8>
    /// The last action forwards a part of the input.
    private var isRun = false

    init(input: ArraySlice<UInt8> = []) { self.input = input }

    mutating func forward(_ bytes: ArraySlice<UInt8>, to side: WireSide, after: Int64 = 0, isInput: Bool = false) {
        guard !bytes.isEmpty else { return }
        if isInput, isRun, after == 0, case .forward(side, let former, let delay)? = actions.last,
            former.endIndex == bytes.startIndex
        {
            // What waits behind delayed bytes leaves with them, so that it can be one action.
            let run = input[former.startIndex..<bytes.endIndex]
            actions[actions.count - 1] = .forward(to: side, bytes: run, after: delay)
        } else {
            actions.append(.forward(to: side, bytes: bytes, after: after))
        }
        isRun = isInput
    }

    mutating func append(_ action: WireAction) {
        actions.append(action)
        isRun = false
    }
}
