import Scenarios

/// A write to a cgroup that is not there yet: which knob, and what is put there.
public struct ForeseenWrite: Hashable, Sendable {
    public let knob: String
    /// As the kernel will show it, or in words where it depends on the target as it then is.
    public let value: String

    init(_ knob: String, _ value: String) {
        self.knob = knob
        self.value = value
    }

    /// A number of bytes or a share of the memory in use, in whole pages.
    static func memory(_ knob: String, _ value: ParameterValue?) -> [ForeseenWrite] {
        switch value {
        case .bytes(let bytes)?: [ForeseenWrite(knob, "\(bytes / 4096 * 4096)")]
        case .fraction?: [ForeseenWrite(knob, "\(value?.text ?? "") of the bytes that memory.current then shows")]
        default: []
        }
    }
}
