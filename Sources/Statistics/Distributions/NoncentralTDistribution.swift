import Glibc

/// The noncentral t distribution: that of Student's t when there is a difference. Lenth's series (Applied Statistics 38,
/// 1989, algorithm AS 243), summed about its largest term so that large noncentralities do not underflow.
public struct NoncentralTDistribution: Sendable {
    /// Above zero.
    public let degreesOfFreedom: Double
    /// The difference in standard errors.
    public let noncentrality: Double

    public init(degreesOfFreedom: Double, noncentrality: Double) {
        precondition(degreesOfFreedom > 0, "degrees of freedom are above zero")
        self.degreesOfFreedom = degreesOfFreedom
        self.noncentrality = noncentrality
    }

    /// The probability of at most t.
    public func cumulative(_ t: Double) -> Double {
        guard t >= 0 else {
            let mirrored = NoncentralTDistribution(
                degreesOfFreedom: degreesOfFreedom, noncentrality: -noncentrality)
            return 1 - mirrored.cumulative(-t)
        }
        let below = NormalDistribution.cumulative(-noncentrality)
        guard t > 0 else { return below }
        let square = t * t
        let x = square / (square + degreesOfFreedom)
        let rest = degreesOfFreedom / (square + degreesOfFreedom)
        let half = noncentrality * noncentrality / 2
        guard half > 0 else { return StudentTDistribution(degreesOfFreedom: degreesOfFreedom).cumulative(t) }
        let reach = 12 * half.squareRoot() + 40
        let first = max((half - reach).rounded(.down), 0)
        let sign = noncentrality < 0 ? -1.0 : 1
        var sum = 0.0
        var j = first
        while j <= half + reach {
            let even = exp(-half + j * log(half) - LogGamma.value(j + 1))
            let odd = sign * exp(-half + (j + 0.5) * log(half) - LogGamma.value(j + 1.5))
            sum += even * IncompleteBeta.regularized(j + 0.5, degreesOfFreedom / 2, at: x, rest: rest)
            sum += odd * IncompleteBeta.regularized(j + 1, degreesOfFreedom / 2, at: x, rest: rest)
            j += 1
        }
        return min(max(below + sum / 2, 0), 1)
    }
}
