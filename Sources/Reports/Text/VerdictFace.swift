import Events

/// How a verdict is shown: a word, a symbol that needs no colour, and the name of its style.
struct VerdictFace {
    let name: String
    let symbol: String
    let style: String

    /// Nil stands for a verdict that never came.
    init(_ verdict: Verdict?) {
        switch verdict {
        case .pass: (name, symbol) = ("pass", "✓")
        case .fail: (name, symbol) = ("fail", "✗")
        case .error: (name, symbol) = ("error", "!")
        case .inconclusive: (name, symbol) = ("inconclusive", "?")
        case .aborted: (name, symbol) = ("aborted", "■")
        case nil: (name, symbol) = ("not judged", "–")
        }
        style = verdict?.rawValue ?? "none"
    }

    /// Of what stopped without an end.
    static let interrupted = VerdictFace(name: "interrupted", symbol: "…", style: "aborted")

    /// The verdict of the whole run. A host that is not restored outweighs a pass.
    init(_ result: RunResult) {
        if result.host.restored == false {
            let name = "\(VerdictFace(result.verdict).name), host not restored"
            self.init(name: name, symbol: "!", style: "error")
        } else if result.interrupted {
            self = .interrupted
        } else {
            self.init(result.verdict)
        }
    }

    private init(name: String, symbol: String, style: String) {
        self.name = name
        self.symbol = symbol
        self.style = style
    }
}
