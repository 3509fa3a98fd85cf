/// How near to what was asked: Brink's stressors beside stress-ng's in the same run, its controller and its finder.
struct AccuracyBench {
    let place: String
    let runs: Int
    /// An empty folder on a disk of a machine that goes away afterwards; nil on a host, which keeps its swap as it is.
    let disk: String?

    func measure() throws -> [Figure] {
        let home = try BenchCgroup("brink-bench")
        var figures = try BalloonBench(home: home, runs: runs).measure()
        figures += try BurnerBench(home: home, runs: runs).measure()
        // A minute and more each: three of them say as much as five.
        figures += try PressureBench(home: home, place: place, runs: min(runs, 3), disk: disk).measure()
        if let disk {
            figures += try FinderBench(home: home, place: place, runs: min(runs, 3), disk: disk).measure()
        }
        try home.remove()
        return figures
    }
}
