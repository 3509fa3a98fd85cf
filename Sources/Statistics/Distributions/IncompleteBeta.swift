import Glibc

/// The regularised incomplete beta function.
public enum IncompleteBeta {
    /// I_x(a, b).
    /// - Parameters:
    ///   - a: above zero.
    ///   - b: above zero.
    ///   - x: from 0 to 1.
    public static func regularized(_ a: Double, _ b: Double, at x: Double) -> Double {
        regularized(a, b, at: x, rest: 1 - x)
    }

    /// I_x(a, b) where the rest, 1 - x, is known better than by subtraction.
    static func regularized(_ a: Double, _ b: Double, at x: Double, rest: Double) -> Double {
        precondition(a > 0 && b > 0 && (0...1).contains(x), "I_x(a, b) needs a > 0, b > 0 and 0 <= x <= 1")
        guard x > 0 else { return 0 }
        guard rest > 0 else { return 1 }
        let factor = exp(a * log(x) + b * log(rest) - LogGamma.beta(a, b))
        if x < (a + 1) / (a + b + 2) { return factor * ContinuedFraction.beta(a, b, x) / a }
        return 1 - factor * ContinuedFraction.beta(b, a, rest) / b
    }
}
