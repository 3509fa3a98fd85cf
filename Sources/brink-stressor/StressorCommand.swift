/// What a stressor is asked to do.
enum StressorCommand {
    /// Hold this many bytes of dirty anonymous memory, reached over the ramp.
    case balloon(bytes: Int, ramp: Duration)

    init?(_ arguments: some Sequence<String>) {
        var iterator = arguments.makeIterator()
        guard iterator.next() == "balloon" else { return nil }
        var bytes: Int?
        var ramp = Duration.zero
        while let name = iterator.next() {
            guard let value = iterator.next().flatMap({ Int($0) }), value >= 0 else { return nil }
            switch name {
            case "--bytes": bytes = value
            case "--ramp-ms": ramp = .milliseconds(value)
            default: return nil
            }
        }
        guard let bytes, bytes > 0 else { return nil }
        self = .balloon(bytes: bytes, ramp: ramp)
    }
}
