import Glibc

/// The regularised incomplete gamma functions: by their series below a + 1, by a continued fraction above it.
public enum IncompleteGamma {
    /// P(a, x), the part below x.
    /// - Parameters:
    ///   - a: above zero.
    ///   - x: zero or above.
    public static func lower(_ a: Double, _ x: Double) -> Double {
        precondition(a > 0 && x >= 0, "P(a, x) needs a > 0 and x >= 0")
        return x < a + 1 ? series(a, x) : 1 - ContinuedFraction.gamma(a, x) * scale(a, x)
    }

    /// Q(a, x), the part above x; keeps its digits where it is small.
    public static func upper(_ a: Double, _ x: Double) -> Double {
        precondition(a > 0 && x >= 0, "Q(a, x) needs a > 0 and x >= 0")
        return x < a + 1 ? 1 - series(a, x) : ContinuedFraction.gamma(a, x) * scale(a, x)
    }

    private static func series(_ a: Double, _ x: Double) -> Double {
        guard x > 0 else { return 0 }
        var term = 1 / a
        var sum = term
        var n = a
        while abs(term) > abs(sum) * 1e-17 {
            n += 1
            term *= x / n
            sum += term
        }
        return sum * scale(a, x)
    }

    private static func scale(_ a: Double, _ x: Double) -> Double {
        exp(a * log(x) - x - LogGamma.value(a))
    }
}
