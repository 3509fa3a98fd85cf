/// What can be said of a metric in two collections.
public enum ComparisonVerdict: String, Codable, Sendable {
    /// A change as large as the practical floor is ruled out.
    case same
    /// Changed for the worse by more than chance and by at least the practical floor.
    case slower
    /// Changed for the better by more than chance and by at least the practical floor.
    case faster
    /// The runs vary too much, or are too few, to say either.
    case cannotTell
}
