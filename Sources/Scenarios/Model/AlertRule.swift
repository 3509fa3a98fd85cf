/// When something is to be called an alert, over the metrics of a run.
public struct AlertRule: Hashable, Sendable, Identifiable {
    public var id: String
    public var kind: Kind
    /// How long it must hold without a break before it fires, as Prometheus' `for`.
    public var sustained: Duration
    /// How long it goes on firing when it holds no more, as Prometheus' `keep_firing_for`: what flickers is one alert.
    public var keptFiring: Duration

    public enum Kind: Hashable, Sendable {
        /// A condition on values of the moment.
        case threshold(Condition)
        /// A value that grows by more than so much in each second, over a stretch of time.
        case rise(metric: String, over: Duration, perSecond: Double)
        case burn(BurnRate)
        case change(ChangePoint)
    }

    /// An error budget that is used up too fast: over a long stretch, so that it matters, and over a short one, so that it
    /// still goes on (Beyer et al., The Site Reliability Workbook, chapter 5, multiwindow alerts).
    public struct BurnRate: Hashable, Sendable {
        /// Of shares, such as `errors.rate`.
        public var metric: String
        /// Share of requests that are to be good, 0…1 without its ends.
        public var objective: Double
        /// How many times faster than the objective allows.
        public var factor: Double
        public var long: Duration
        public var short: Duration

        public init(metric: String, objective: Double, factor: Double, long: Duration, short: Duration) {
            self.metric = metric
            self.objective = objective
            self.factor = factor
            self.long = long
            self.short = short
        }

        /// The mean of the metric from which on both stretches count.
        public var limit: Double {
            // 1 - 0.99 is a little more than 0.01, and the limit is shown to people.
            min(1, (factor * (1 - objective) * 1e9).rounded() / 1e9)
        }
    }

    /// A metric that has left what it was: a one-sided cumulative sum over deviations from what the baseline taught
    /// (Page, Continuous inspection schemes, Biometrika 41, 1954).
    public struct ChangePoint: Hashable, Sendable {
        public var metric: String
        public var direction: Direction
        /// The least change from the usual that matters, in the metric's own unit.
        public var floor: Double
        /// And as a share of the usual; the larger of the two counts.
        public var share: Double

        public enum Direction: String, Hashable, Sendable, CaseIterable {
            case up
            case down
        }

        public init(metric: String, direction: Direction, floor: Double, share: Double = 0) {
            self.metric = metric
            self.direction = direction
            self.floor = floor
            self.share = share
        }
    }

    public init(_ id: String, _ kind: Kind, sustained: Duration = .zero, keptFiring: Duration = .zero) {
        self.id = id
        self.kind = kind
        self.sustained = sustained
        self.keptFiring = keptFiring
    }

    /// The metrics that it looks at.
    public var metrics: [String] {
        switch kind {
        case .threshold(let condition):
            condition.expression.operands.compactMap { operand in
                guard case .metric(let name) = operand else { return nil }
                return name
            }
        case .rise(let metric, _, _): [metric]
        case .burn(let burn): [burn.metric]
        case .change(let change): [change.metric]
        }
    }

    /// As a person reads it.
    public var text: String {
        let time = sustained > .zero ? " for \(sustained.short)" : ""
        return switch kind {
        case .threshold(let condition): "\(condition.text)\(time)"
        case .rise(let metric, let over, let perSecond):
            "\(metric) grows by more than \(perSecond) a second over \(over.short)\(time)"
        case .burn(let burn):
            "\(burn.metric) above \(burn.limit) over \(burn.long.short) and \(burn.short.short)\(time)"
        case .change(let change):
            "\(change.metric) goes \(change.direction.rawValue) from what was usual, by \(change.floor) "
                + "and \(Int(change.share * 100)) % at least\(time)"
        }
    }
}
