/// What the server itself noticed of wrong page checksums.
struct ChecksumIntegrity {
    let session: PostgresSession

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
                report.find(
                    .checksums, rows[row, 0], nil,
                    "\(failures) pages with a wrong checksum, the last at \(rows[row, 2] ?? "an unknown time")")
            }
        } catch {
            report.sort(error, .checksums, nil)
        }
    }
}
