// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 language mode is implied by the tools version; warnings stop the build.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

let cStrict: [CSetting] = [.treatAllWarnings(as: .error)]

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras = product(name: "CryptoExtras", package: "swift-crypto")
    static let deque = product(name: "DequeModule", package: "swift-collections")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let histogram = product(name: "Histogram", package: "hdrhistogram-swift")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let jwtKit = product(name: "JWTKit", package: "jwt-kit")
    static let logging = product(name: "Logging", package: "swift-log")
    static let mustache = product(name: "Mustache", package: "swift-mustache")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioFoundation = product(name: "NIOFoundationCompat", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let systemPackage = product(name: "SystemPackage", package: "swift-system")
    static let yams = product(name: "Yams", package: "Yams")
}

let package = Package(
    name: "brink",
    products: [
        // Traits for Swift Testing.
        .library(name: "BrinkTesting", targets: ["BrinkTesting"]),
        .executable(name: "brink", targets: ["brink"]),
        .executable(name: "brink-guardian", targets: ["brink-guardian"]),
        .executable(name: "brink-exec", targets: ["brink-exec"]),
        .executable(name: "brink-stressor", targets: ["brink-stressor"]),
        .executable(name: "bookshop", targets: ["bookshop"]),
        .executable(name: "issuer", targets: ["issuer"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        // The kernel, its cgroups, and what undoes a change to them. No Foundation down here: the guardian is made of it.
        .target(name: "CLinux", cSettings: cStrict),
        .target(name: "LinuxSystem", dependencies: ["CLinux", .systemPackage], swiftSettings: strict),
        .target(name: "Cgroups", dependencies: ["CLinux", "LinuxSystem", .systemPackage], swiftSettings: strict),
        .target(
            name: "CgroupLayouts", path: "cgroups",
            resources: [
                .embedInCode("tree.conf"), .embedInCode("profiles/noisy-neighbour.conf"),
                .embedInCode("profiles/slow-cpu.conf"), .embedInCode("profiles/tight-memory.conf"),
            ],
            swiftSettings: strict),
        // Asks systemd about units and sets their properties; the guardian does too.
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .target(
            name: "SystemdUnits", dependencies: ["CSystemd", "LinuxSystem", .systemPackage], swiftSettings: strict),
        .testTarget(name: "SystemdUnitsTests", dependencies: ["LinuxSystem", "SystemdUnits"], swiftSettings: strict),
        .target(
            name: "Journal", dependencies: ["Cgroups", "LinuxSystem", "SystemdUnits", .systemPackage],
            swiftSettings: strict),
        .executableTarget(
            name: "brink-guardian", dependencies: ["Cgroups", "Journal", "LinuxSystem", "SyscallSupervisor"],
            swiftSettings: strict),
        // System calls that fail, wait or lie: what to do with which call, and who does it.
        .target(name: "Spelling", swiftSettings: strict),
        // Columns for a terminal. Pure.
        .target(name: "TextTables", swiftSettings: strict),
        .testTarget(name: "TextTablesTests", dependencies: ["TextTables"], swiftSettings: strict),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .target(name: "SyscallRules", dependencies: ["CLinux", "CSeccomp", "Spelling"], swiftSettings: strict),
        .target(
            name: "SyscallSupervisor", dependencies: ["CLinux", "LinuxSystem", "SyscallRules", .systemPackage],
            swiftSettings: strict),
        .executableTarget(
            name: "brink-exec",
            dependencies: ["CSeccomp", "LinuxSystem", "SyscallRules", "SyscallSupervisor", .systemPackage],
            swiftSettings: strict),
        .testTarget(name: "SyscallRulesTests", dependencies: ["SyscallRules"], swiftSettings: strict),
        .testTarget(
            name: "SyscallSupervisorTests",
            dependencies: ["brink-exec", "LinuxSystem", "SyscallRules", "SyscallSupervisor"], swiftSettings: strict),
        .executableTarget(name: "brink-stressor", dependencies: ["CLinux", "LinuxSystem"], swiftSettings: strict),

        // The search for the least a target can live on. Pure.
        .target(name: "Squeeze", swiftSettings: strict),
        .testTarget(name: "SqueezeTests", dependencies: ["SeededRandom", "Squeeze"], swiftSettings: strict),

        // Distributions, intervals and tests of significance. Pure.
        .target(name: "Statistics", dependencies: ["SeededRandom"], swiftSettings: strict),
        .testTarget(
            name: "StatisticsTests", dependencies: ["SeededRandom", "Statistics"], exclude: ["reference.py"],
            resources: [.embedInCode("reference.json")], swiftSettings: strict),
        // Collections of measurements, and whether a service became slower between two of them. Pure.
        .target(name: "Baselines", dependencies: ["Statistics", "TextTables"], swiftSettings: strict),
        .testTarget(
            name: "BaselinesTests", dependencies: ["Baselines", "SeededRandom", "Statistics"], swiftSettings: strict),

        // Whether a history of transactions keeps an isolation level. Pure.
        .target(name: "Consistency", swiftSettings: strict),
        .testTarget(name: "ConsistencyTests", dependencies: ["Consistency", "SeededRandom"], swiftSettings: strict),
        // Clients that make such histories on a PostgreSQL server.
        .target(
            name: "ConsistencyWorkload", dependencies: ["Consistency", "LinuxSystem", "Postgres", "SeededRandom"],
            swiftSettings: strict),
        .testTarget(
            name: "ConsistencyWorkloadTests",
            dependencies: ["Consistency", "ConsistencyWorkload", "Postgres", "PostgresFixture"], swiftSettings: strict),

        // From scenario to events.
        .target(name: "Events", dependencies: ["Squeeze"], swiftSettings: strict),
        .target(
            name: "Scenarios", dependencies: ["IssuerControl", "Spelling", "SyscallRules", .yams],
            resources: [
                .embedInCode("Catalogue/cache.discipline.yaml"),
                .embedInCode("Catalogue/cache.entries.yaml"),
                .embedInCode("Catalogue/cache.redis.yaml"),
                .embedInCode("Catalogue/cache.table.yaml"),
                .embedInCode("Catalogue/cascade.pool-and-database.yaml"),
                .embedInCode("Catalogue/cascades.failover.yaml"),
                .embedInCode("Catalogue/cascades.faults.yaml"),
                .embedInCode("Catalogue/cascades.identity.yaml"),
                .embedInCode("Catalogue/consistency.failover.yaml"),
                .embedInCode("Catalogue/consistency.histories.yaml"),
                .embedInCode("Catalogue/consistency.retries.yaml"),
                .embedInCode("Catalogue/consistency.writes.yaml"),
                .embedInCode("Catalogue/database.corruption.yaml"),
                .embedInCode("Catalogue/database.crashes.yaml"),
                .embedInCode("Catalogue/database.errors.yaml"),
                .embedInCode("Catalogue/database.locks.yaml"),
                .embedInCode("Catalogue/database.queries.yaml"),
                .embedInCode("Catalogue/database.replication.yaml"),
                .embedInCode("Catalogue/database.starts.yaml"),
                .embedInCode("Catalogue/database.storage.yaml"),
                .embedInCode("Catalogue/identity.door.yaml"),
                .embedInCode("Catalogue/identity.issuer.yaml"),
                .embedInCode("Catalogue/network.answers.yaml"),
                .embedInCode("Catalogue/network.link.yaml"),
                .embedInCode("Catalogue/network.packets.yaml"),
                .embedInCode("Catalogue/pool.clients.yaml"),
                .embedInCode("Catalogue/pool.connections.yaml"),
                .embedInCode("Catalogue/pool.discipline.yaml"),
                .embedInCode("Catalogue/pool.pgbouncer.yaml"),
                .embedInCode("Catalogue/resources.calls.yaml"),
                .embedInCode("Catalogue/resources.limits.yaml"),
                .embedInCode("Catalogue/resources.memory.yaml"),
                .embedInCode("Catalogue/resources.processor.yaml"),
                .embedInCode("Catalogue/resources.resets.yaml"),
            ],
            swiftSettings: strict),
        .target(
            name: "Engine", dependencies: ["Events", "Journal", "LinuxSystem", "Scenarios"], swiftSettings: strict),

        // Rules over a run's metrics, and what their alerts are worth.
        .target(name: "Alerts", dependencies: ["Events", "Scenarios", "TextTables"], swiftSettings: strict),
        .testTarget(
            name: "AlertsTests", dependencies: ["Alerts", "Events", "Scenarios", "SeededRandom"], swiftSettings: strict),

        .target(name: "SeededRandom", swiftSettings: strict),
        .target(name: "PlainHTTP", dependencies: [.nioCore, .nioHTTP1, .nioPosix], swiftSettings: strict),
        .testTarget(
            name: "PlainHTTPTests", dependencies: ["PlainHTTP", .nioCore, .nioHTTP1, .nioPosix], swiftSettings: strict),
        // Redis's protocol, as far as a cache needs it.
        .target(name: "Redis", dependencies: [.nioCore, .nioPosix], swiftSettings: strict),
        // A Redis for a test suite.
        .target(
            name: "RedisFixture", dependencies: ["LinuxSystem", "Redis"], path: "Tests/RedisFixture",
            swiftSettings: strict),
        .testTarget(
            name: "RedisTests", dependencies: ["LinuxSystem", "Redis", "RedisFixture", .nioCore, .nioPosix],
            swiftSettings: strict),
        // TLS, which the proxy can end and begin.
        .systemLibrary(name: "COpenSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "ToxicProxy", dependencies: ["CLinux", "COpenSSL", "PostgresWire", "SeededRandom", .deque],
            swiftSettings: strict),
        // PostgreSQL's protocol on one connection, and rules on its messages. Pure.
        .target(name: "PostgresWire", dependencies: ["SeededRandom"], swiftSettings: strict),
        .testTarget(
            name: "PostgresToxicTests", dependencies: ["Postgres", "PostgresFixture", "TLSFixture", "ToxicProxy"],
            swiftSettings: strict),
        .testTarget(
            name: "PostgresWireTests", dependencies: ["PostgresWire", "SeededRandom"], swiftSettings: strict),
        // Toxiproxy's HTTP interface, over ToxicProxy.
        .target(
            name: "ToxiproxyAPI",
            dependencies: [
                "LinuxSystem", "ToxicProxy", .hummingbird, .logging, .nioCore, .serviceLifecycle,
                .nioFoundation,
            ],
            swiftSettings: strict),
        .target(
            name: "Workload",
            dependencies: [
                "Events", "IssuerClient", "IssuerControl", "LinuxSystem", "PlainHTTP", "Postgres", "Scenarios",
                "SeededRandom", .histogram,
                .nioCore,
                .nioFoundation,
            ],
            swiftSettings: strict),
        .target(
            name: "Measurement",
            dependencies: [
                "Cgroups", "Events", "IssuerClient", "IssuerControl", "LinuxSystem", "PlainHTTP", "Postgres",
                "Redis", "Workload", .nioCore,
            ],
            swiftSettings: strict),

        .target(
            name: "Faults",
            dependencies: [
                "CgroupLayouts", "Cgroups", "Engine", "IssuerClient", "IssuerControl", "Journal", "LinuxSystem",
                "PlainHTTP", "Postgres", "Redis", "Scenarios", "SeededRandom",
                "SyscallRules", "SyscallSupervisor", "SystemdUnits", "ToxicProxy", .nioCore, .nioFoundation,
                .nioHTTP1, .nioPosix,
            ],
            swiftSettings: strict),

        // What people and CI read afterwards; made from a run's events alone.
        .target(
            name: "Reports",
            dependencies: ["Events", "Scenarios", "Squeeze", "Statistics", "TextTables", .mustache, .yams],
            resources: [
                .embedInCode("Resources/chart.mustache"), .embedInCode("Resources/comparison.mustache"),
                .embedInCode("Resources/head.mustache"), .embedInCode("Resources/header.mustache"),
                .embedInCode("Resources/report.css"), .embedInCode("Resources/report.mustache"),
                .embedInCode("Resources/result-v1.schema.json"), .embedInCode("Resources/suite.mustache"),
                .embedInCode("Resources/trend.mustache"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ReportsTests", dependencies: ["Alerts", "Events", "Reports", "Scenarios", "Squeeze"],
            resources: [.embedInCode("Stored/result-1.0.json"), .embedInCode("Stored/result-1.1.json")],
            swiftSettings: strict),

        // What all runs came to, kept from one to the next.
        .target(
            name: "History", dependencies: ["Events", "LinuxSystem", "Reports", .grdb], swiftSettings: strict),
        .testTarget(
            name: "HistoryTests", dependencies: ["Events", "History", "LinuxSystem", "Reports", .grdb],
            swiftSettings: strict),

        .target(
            name: "Harness",
            dependencies: [
                "Alerts", "Baselines", "CgroupLayouts", "Cgroups", "Containers", "Engine", "Events", "Faults",
                "IssuerClient",
                "IssuerControl", "Journal", "LinuxSystem", "Consistency", "ConsistencyWorkload", "Measurement",
                "PlainHTTP", "Postgres", "Redis", "Scenarios", "Squeeze",
                "SyscallSupervisor", "SystemdUnits",
                "ToxicProxy", "Workload", .nioCore, .nioPosix,
                .nioFoundation,
            ],
            swiftSettings: strict),

        // Docker, Podman and their like, asked through their command-line tools; only Harness knows of them.
        .target(
            name: "Containers", dependencies: ["Cgroups", "LinuxSystem", "Scenarios", .systemPackage],
            swiftSettings: strict),
        .testTarget(
            name: "ContainersTests", dependencies: ["Cgroups", "Containers", "LinuxSystem", "Scenarios"],
            swiftSettings: strict),

        .executableTarget(
            name: "bookshop",
            dependencies: [
                "PlainHTTP", "Postgres", "Redis", "SeededRandom", .argumentParser, .crypto, .hummingbird, .jwtKit,
                .logging, .nioCore, .nioPosix, .serviceLifecycle,
            ],
            swiftSettings: strict),
        // Issues the tokens that bookshop checks, and misbehaves as it is told to.
        .target(name: "IssuerControl", swiftSettings: strict),
        .target(
            name: "IssuerClient", dependencies: ["IssuerControl", "PlainHTTP", .nioCore, .nioFoundation, .nioHTTP1],
            swiftSettings: strict),
        .executableTarget(
            name: "issuer",
            dependencies: [
                "IssuerControl", .argumentParser, .crypto, .cryptoExtras, .hummingbird, .logging, .nioCore,
                .serviceLifecycle,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "IssuerTests",
            dependencies: [
                "issuer", "IssuerClient", "IssuerControl", "IssuerFixture", "PlainHTTP", .crypto, .cryptoExtras,
                .nioCore,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "BookshopTests",
            dependencies: [
                "bookshop", "IssuerClient", "IssuerControl", "IssuerFixture", "PlainHTTP", "Postgres",
                "PostgresFixture", "Redis", "RedisFixture", "SeededRandom", "ToxicProxy", .hummingbird, .jwtKit,
                .logging, .nioCore,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "brink",
            dependencies: [
                "Alerts", "Baselines", "Events", "Faults", "Harness", "History", "Journal", "LinuxSystem", "PlainHTTP",
                "Reports",
                "Scenarios",
                "Spelling",
                "Squeeze", "TextTables", "ToxiproxyAPI", .argumentParser, .nioCore, .nioHTTP1, .yams,
                .nioFoundation, .hummingbird, .logging,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Resources/watch.html")], swiftSettings: strict),
        // For people who write tests: speaks to `brink attach`, and knows nothing else of Brink.
        .target(name: "BrinkTesting", swiftSettings: strict),
        .testTarget(name: "BrinkTestingTests", dependencies: ["BrinkTesting"], swiftSettings: strict),
        // Calls the built command as a person would; needs no root.
        .testTarget(
            name: "BrinkTests",
            dependencies: [
                "Events", "Faults", "History", "LinuxSystem", "MonitoringFixture", "PlainHTTP", "Reports",
            ],
            swiftSettings: strict),
        // Measures what Brink costs and how fast it acts; scripts/bench calls it.
        .executableTarget(
            name: "brink-bench",
            dependencies: [
                "CLinux", "Cgroups", "Events", "LinuxSystem", "Measurement", "PlainHTTP", "Postgres", "Reports",
                "Scenarios", "Statistics", "Workload", .nioCore,
            ],
            swiftSettings: strict),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "Postgres", dependencies: ["CLibPQ", "Journal", "LinuxSystem", "SystemdUnits"],
            swiftSettings: strict),
        // Many connections for the tests of a proxy, and what a process has open.
        .target(
            name: "ProxyFixture", dependencies: ["CLinux", "LinuxSystem", "SeededRandom"], path: "Tests/ProxyFixture",
            swiftSettings: strict),
        // A PostgreSQL cluster for a test suite.
        .target(
            name: "PostgresFixture", dependencies: ["Postgres"], path: "Tests/PostgresFixture", swiftSettings: strict),
        // An issuer of tokens, and other programs of this package, as children of a test.
        .target(
            name: "IssuerFixture", dependencies: ["IssuerClient"], path: "Tests/IssuerFixture", swiftSettings: strict),
        // Debian's Prometheus and Alertmanager for a test suite.
        .target(
            name: "MonitoringFixture", dependencies: ["PlainHTTP", .nioCore], path: "Tests/MonitoringFixture",
            swiftSettings: strict),
        // Certificates for a test suite.
        .target(name: "TLSFixture", path: "Tests/TLSFixture", swiftSettings: strict),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "PostgresFixture"], swiftSettings: strict),

        .testTarget(
            name: "PrivilegedTests",
            dependencies: [
                "BrinkTesting", "Cgroups", "Engine", "Faults", "Journal", "LinuxSystem", "Postgres", "ProxyFixture",
                "Scenarios",
                "SeededRandom", .nioCore,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HarnessTests",
            dependencies: [
                "Baselines", "Cgroups", "Engine", "Events", "Faults", "Harness", "IssuerClient", "IssuerControl",
                "IssuerFixture",
                "Journal", "LinuxSystem", "Measurement", "MonitoringFixture", "PlainHTTP", "PostgresFixture",
                "Scenarios",
                "Workload", .hummingbird, .nioCore,
            ],
            swiftSettings: strict),
        .testTarget(name: "EventsTests", dependencies: ["Events", "SeededRandom"], swiftSettings: strict),
        .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem"], swiftSettings: strict),
        .testTarget(
            name: "CgroupsTests", dependencies: ["CgroupLayouts", "Cgroups", "LinuxSystem"], swiftSettings: strict),
        .testTarget(
            name: "JournalTests", dependencies: ["Journal", "LinuxSystem", "SystemdUnits"], swiftSettings: strict),
        .testTarget(
            name: "ScenariosTests", dependencies: ["Faults", "Scenarios", "SeededRandom", .yams], swiftSettings: strict),
        .testTarget(
            name: "EngineTests", dependencies: ["Engine", "Events", "Journal", "LinuxSystem", "Scenarios"],
            swiftSettings: strict),
        .testTarget(
            name: "FaultsTests",
            dependencies: [
                "Cgroups", "Consistency", "ConsistencyWorkload", "Engine", "Faults", "IssuerClient", "IssuerControl",
                "IssuerFixture", "Journal", "LinuxSystem", "Measurement", "PlainHTTP", "Postgres",
                "PostgresFixture", "Redis", "RedisFixture", "Scenarios", "SeededRandom", "Workload",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ToxicProxyTests",
            dependencies: [
                "CLinux", "COpenSSL", "LinuxSystem", "ProxyFixture", "SeededRandom", "TLSFixture", "ToxicProxy",
                .nioCore,
                .nioPosix,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ToxiproxyAPITests",
            dependencies: ["LinuxSystem", "PlainHTTP", "TLSFixture", .nioCore, .nioHTTP1],
            resources: [.embedInCode("drive.py")], swiftSettings: strict),
        .testTarget(
            name: "WorkloadTests",
            dependencies: [
                "Events", "LinuxSystem", "Postgres", "PostgresFixture", "Scenarios", "SeededRandom", "Workload",
                .nioCore, .nioFoundation, .nioHTTP1, .nioPosix,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MeasurementTests",
            dependencies: ["Cgroups", "Events", "LinuxSystem", "Measurement", "PostgresFixture"],
            swiftSettings: strict),
    ]
)
