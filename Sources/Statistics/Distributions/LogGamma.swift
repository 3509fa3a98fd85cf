import Glibc

/// The logarithm of the gamma function, for arguments above zero.
enum LogGamma {
    /// The C library's, without its global sign, which threads would share.
    static func value(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }

    /// log B(a, b).
    static func beta(_ a: Double, _ b: Double) -> Double {
        value(a) + value(b) - value(a + b)
    }
}
