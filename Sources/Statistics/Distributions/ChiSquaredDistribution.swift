/// The chi-squared distribution.
public struct ChiSquaredDistribution: Sendable {
    /// Above zero.
    public let degreesOfFreedom: Double

    public init(degreesOfFreedom: Double) {
        precondition(degreesOfFreedom > 0, "degrees of freedom are above zero")
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// The probability of at most x, which is zero or above.
    public func cumulative(_ x: Double) -> Double {
        IncompleteGamma.lower(degreesOfFreedom / 2, x / 2)
    }

    /// The probability of more than x.
    public func survival(_ x: Double) -> Double {
        IncompleteGamma.upper(degreesOfFreedom / 2, x / 2)
    }
}
