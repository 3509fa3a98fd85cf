import Glibc

/// Why a proxy cannot do what it was asked, in words that say what to do.
public struct ProxyFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

enum KernelWords {
    /// What the kernel calls an error given as `-errno`.
    static func of(_ result: Int32) -> String {
        String(cString: strerror(-result))
    }
}
