/// Continued fractions of the incomplete functions, evaluated by Lentz's method as modified by Thompson and Barnett
/// (J. Comput. Phys. 64, 1986).
enum ContinuedFraction {
    private static let tiny = 1e-300
    private static let precision = 1e-16
    /// Far beyond what any argument here needs; a bound so that a NaN ends.
    private static let longest = 20_000

    /// Of I_x(a, b), without the factor before it. Converges fast for x < (a + 1) / (a + b + 2).
    static func beta(_ a: Double, _ b: Double, _ x: Double) -> Double {
        var c = 1.0
        var d = 1 / atLeastTiny(1 - (a + b) * x / (a + 1))
        var fraction = d
        for step in 1...longest {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / atLeastTiny(1 + even * d)
            c = atLeastTiny(1 + even / c)
            fraction *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / atLeastTiny(1 + odd * d)
            c = atLeastTiny(1 + odd / c)
            fraction *= d * c
            if abs(d * c - 1) <= precision { break }
        }
        return fraction
    }

    /// Of Q(a, x), without the factor before it. Converges fast for x > a + 1.
    static func gamma(_ a: Double, _ x: Double) -> Double {
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / atLeastTiny(b)
        var fraction = d
        for step in 1...longest {
            let n = Double(step)
            let term = -n * (n - a)
            b += 2
            d = 1 / atLeastTiny(term * d + b)
            c = atLeastTiny(b + term / c)
            fraction *= d * c
            if abs(d * c - 1) <= precision { break }
        }
        return fraction
    }

    private static func atLeastTiny(_ value: Double) -> Double {
        abs(value) < tiny ? tiny : value
    }
}
