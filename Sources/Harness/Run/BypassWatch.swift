import Events
import Foundation
import IssuerClient
import IssuerControl
import LinuxSystem
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import PlainHTTP
import Scenarios

/// Tries all through a run to get into a service without a right token, and with right ones to see that those are let
/// in.
actor BypassWatch {
    private struct Replay {
        let token: String
        /// Unix time from which it must be refused.
        let due: Double
    }

    private let bypass: Bypass
    private let endpoint: String
    private let issuer: IssuerClient
    private let start: Duration
    private let report: @Sendable (RunEvent.Kind) async -> Void
    private let client = PlainHTTPClient()
    private var tally = BypassTally()
    private var replays: [Replay] = []
    /// The newest token of each flaw, for while the issuer gives none.
    private var newest: [TokenFlaw: String] = [:]
    /// Kinds of which somebody was told already.
    private var told: Set<String> = []
    private var count = 0
    private var inFlight = 0
    private var loop: Task<Void, Never>?

    private static let patience = TimeAmount.seconds(5)
    /// For every so many attempts one right token.
    private static let attemptsPerControl = 4
    /// Seconds that a right token lives: it is tried again when it has expired.
    private static let controlLife = 2.0
    private static let mostInFlight = 64
    /// Seconds between two tokens that are kept for replaying.
    private static let replaySpacing = 0.5

    /// - Returns: nil for a scenario without such attempts.
    init?(
        scenario: Scenario, services: ServiceLauncher, start: Duration,
        report: @escaping @Sendable (RunEvent.Kind) async -> Void
    ) async {
        guard let bypass = scenario.bypass, let service = await services.services[bypass.service],
            let endpoint = service.endpoint, let issuer = service.issuer
        else { return nil }
        self.init(bypass, endpoint: endpoint, issuer: issuer, start: start, report: report)
    }

    /// - Parameters:
    ///   - endpoint: URL of the service's GraphQL.
    ///   - start: the run's zero on the monotonic clock.
    ///   - report: told of the first attempt of each kind that was let in.
    init(
        _ bypass: Bypass, endpoint: String, issuer: IssuerClient, start: Duration,
        report: @escaping @Sendable (RunEvent.Kind) async -> Void
    ) {
        self.bypass = bypass
        self.endpoint = endpoint
        self.issuer = issuer
        self.start = start
        self.report = report
    }

    func begin() {
        guard loop == nil else { return }
        loop = Task {
            await withDiscardingTaskGroup { group in
                var due = MonotonicClock.now()
                while !Task.isCancelled {
                    due += .seconds(1 / bypass.rate)
                    let rest = due - MonotonicClock.now()
                    if rest > .zero { do { try await Task.sleep(for: rest) } catch { break } }
                    count += 1
                    let number = count
                    guard inFlight < Self.mostInFlight else { continue }
                    inFlight += 1
                    // What is in flight at the end deserves its answer.
                    group.addTask { await Task { await self.step(number) }.value }
                }
            }
        }
    }

    /// Tries no more, and judges.
    func end() async -> BypassFinding {
        loop?.cancel()
        await loop?.value
        loop = nil
        client.close()
        return tally.finding(service: bypass.service, kinds: bypass.flaws)
    }

    // MARK: Attempts

    private func step(_ number: Int) async {
        defer { inFlight -= 1 }
        // The very first too: the sooner a right token expires, the sooner it can be replayed.
        if number % Self.attemptsPerControl == 1 { await control(number) }
        let kind = kind(of: number)
        guard let header = await header(for: kind, number) else { return }
        let answer = await ask(header.value).answer
        tally.record(kind, answer, at: (MonotonicClock.now() - start).inSeconds)
        if answer == .accepted, told.insert(kind).inserted {
            await report(.message(Message(.error, "\(bypass.service) let in what it must refuse: \(kind)")))
        }
    }

    /// Each in its turn, but a replay at once when there is one at last: a run may not have another turn.
    private func kind(of number: Int) -> String {
        if bypass.flaws.contains(Bypass.replayed), !tally.isDecided(Bypass.replayed), replay != nil {
            return Bypass.replayed
        }
        return bypass.flaws[number % bypass.flaws.count]
    }

    /// The newest token that has long expired.
    private var replay: Replay? {
        let now = Date().timeIntervalSince1970
        return replays.last { $0.due <= now }
    }

    private struct Header {
        /// Of `Authorization`; nil for a request without one.
        let value: String?
    }

    /// Nil when there is nothing to try with yet.
    private func header(for kind: String, _ number: Int) async -> Header? {
        switch kind {
        case Bypass.noToken: return Header(value: nil)
        case Bypass.garbage:
            let texts = ["Bearer \(String(number, radix: 36))", "Bearer a.b.c", "Bearer ..", "Basic YTpi"]
            return Header(value: texts[number / bypass.flaws.count % texts.count])
        case Bypass.replayed: return replay.map { Header(value: "Bearer \($0.token)") }
        default:
            guard let flaw = TokenFlaw(rawValue: kind), let token = await token(flaw, number) else { return nil }
            return Header(value: "Bearer \(token)")
        }
    }

    private func token(_ flaw: TokenFlaw, _ number: Int) async -> String? {
        let request = TokenRequest(
            sub: "brink-intruder", ttl: 3600, alg: number.isMultiple(of: 2) ? .es256 : .rs256, flaw: flaw,
            retiredFor: flaw == .retiredKey ? bypass.grace.inSeconds : nil)
        do {
            let token = try await issuer.token(request, within: .seconds(2)).accessToken
            newest[flaw] = token
            return token
        } catch {
            // A withdrawn key may have come back since.
            return flaw == .retiredKey ? nil : newest[flaw]
        }
    }

    /// A right token, which is replayed once it has expired.
    private func control(_ number: Int) async {
        let isRSA = number / Self.attemptsPerControl % 2 == 1
        let request = TokenRequest(
            sub: "brink-control-\(number)", ttl: Self.controlLife, alg: isRSA ? .rs256 : .es256)
        guard let token = try? await issuer.token(request, within: .seconds(2)).accessToken else { return }
        let isAccepted = await ask("Bearer \(token)").answer == .accepted
        tally.recordControl(isAccepted: isAccepted)
        // Once more, now that it is remembered. Only a service that says whom it sees can be asked whom it sees.
        if isAccepted, let user = await ask("Bearer \(token)").user, user != request.sub {
            tally.recordMistaken(for: user, at: (MonotonicClock.now() - start).inSeconds)
        }
        guard isAccepted, let times = TokenTimes(of: token) else { return }
        let replay = Replay(token: token, due: times.expiry + bypass.grace.inSeconds)
        if let last = replays.last, replay.due - last.due < Self.replaySpacing { return }
        replays.append(replay)
        // Of those that are due the newest will do.
        let now = Date().timeIntervalSince1970
        while replays.count > 1, replays[1].due <= now { replays.removeFirst() }
    }

    // MARK: Answers

    /// - Returns: also whom the service took the sender for, where it says so.
    private func ask(_ authorization: String?) async -> (answer: BypassTally.Answer, user: String?) {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let authorization { headers.add(name: "Authorization", value: authorization) }
        let body = "{\"query\":\"{ book(id: \(Int.random(in: 1...1000))) { id title } }\"}"
        do {
            let answer = try await client.send(
                .POST, endpoint, headers: headers, body: ByteBuffer(string: body), within: Self.patience)
            let judged = Self.judge(status: answer.status, body: Data(buffer: answer.body))
            return (judged, answer.headers.first(name: "Bookshop-User"))
        } catch {
            return (.unclear, nil)
        }
    }

    /// Statuses of servers that a token alone can bring about; 413 and 431 are for ones that are too long.
    private static let refusals: Set<Int> = [400, 401, 403, 413, 431]

    static func judge(status: Int, body: Data) -> BypassTally.Answer {
        if refusals.contains(status) { return .refused }
        guard (200..<300).contains(status),
            let answer = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
        else { return .unclear }
        if let data = answer["data"] as? [String: Any], data.values.contains(where: { !($0 is NSNull) }) {
            return .accepted
        }
        let codes = (answer["errors"] as? [[String: Any]] ?? []).compactMap {
            ($0["extensions"] as? [String: Any])?["code"] as? String
        }
        return codes.contains("UNAUTHENTICATED") ? .refused : .unclear
    }
}
