/// What brink-stressor can be asked to do: one type each, made from its options.
protocol StressorCommand {
    /// The first argument.
    static var name: String { get }
    /// Its options, for the message about wrong usage.
    static var usage: String { get }

    /// - Returns: nil for options that do not fit.
    init?(_ options: inout StressorOptions)

    /// Presses until it is killed.
    func run() -> Never
}
