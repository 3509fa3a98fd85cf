/// What the server itself noticed of wrong page checksums, since its statistics were reset.
struct ChecksumIntegrity {
    let session: PostgresSession
    /// Every table and index was read, and nothing was wrong: what was noticed has been repaired since.
    let isSoundNow: Bool

    func check(_ report: inout IntegrityReport) async {
        do throws(PostgresError) {
            let setting = try await session.query("SHOW data_checksums")
            guard !setting.isEmpty, setting[0, 0] == "on" else {
                report.notes.append("data checksums are off: the server does not notice pages that rot")
                return
            }
            let rows = try await session.query(
                """
                SELECT datname, checksum_failures, checksum_last_failure FROM pg_stat_database
                WHERE checksum_failures IS NOT NULL
                """)
            for row in 0..<rows.count {
                report.count(.checksums)
                guard let failures = rows[row, 1], failures != "0" else { continue }
                let noticed =
                    "\(failures) pages with a wrong checksum, the last at \(rows[row, 2] ?? "an unknown time")"
                guard isSoundNow else {
                    report.find(.checksums, rows[row, 0], nil, noticed)
                    continue
                }
                report.notes.append("\(rows[row, 0] ?? "shared tables"): there were \(noticed); all is sound now")
            }
        } catch {
            report.sort(error, .checksums, nil)
        }
    }
}
