/// Why there is no cluster to test with.
public enum FixtureClusterError: Error {
    case notInstalled
    case noPort
    /// The program and its exit code.
    case commandFailed(String, Int32)
    /// The suite lacks the trait `.fixtureCluster`.
    case noCluster
}
