import Events
import Foundation
import LinuxSystem

/// Writes a run's events as they happen and hands them to whoever listens.
public actor EventRecorder {
    private let start: Duration
    private let file: FileHandle
    private let encoder = JSONEncoder()
    private var sampleLine = SampleLine()
    private let listener: @Sendable (RunEvent) -> Void
    /// Why the events could not be written, if they could not.
    public private(set) var trouble: String?

    /// - Parameters:
    ///   - path: a new file; 0600.
    ///   - start: the run's zero on the monotonic clock.
    ///   - listener: shown every event, in order.
    public init(path: String, start: Duration, listener: @escaping @Sendable (RunEvent) -> Void) throws(SystemError) {
        let descriptor = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, mode: 0o600)
        self.file = FileHandle(fileDescriptor: descriptor.release(), closeOnDealloc: true)
        self.start = start
        self.listener = listener
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    }

    /// Records what happens now.
    @discardableResult
    public func record(_ kind: RunEvent.Kind) -> RunEvent {
        let seconds = (MonotonicClock.now() - start) / .seconds(1)
        let event = RunEvent((seconds * 1e4).rounded() / 1e4, kind)
        do {
            if case .sample(let sample) = kind {
                try file.write(contentsOf: sampleLine.bytes(of: sample, at: event.time))
            } else {
                try file.write(contentsOf: try encoder.encode(event) + [UInt8(ascii: "\n")])
            }
        } catch {
            trouble = "\(error)"
        }
        listener(event)
        return event
    }
}
