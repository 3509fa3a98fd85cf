import Glibc
import LinuxSystem
import Testing

@Suite struct TCPSocketTableTests {
    /// Lines of a machine with a listener, an accepted connection to it, one that waits to be accepted, and IPv6.
    private static let tcp = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 12000 1 0 100 0 0 10 0
           1: 0100007F:1538 0100007F:D431 01 00000000:00000000 00:00000000 00000000   105        0 12001 1 0 20 4 30 10 -1
           2: 0100007F:1538 0100007F:D432 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
           3: 0100007F:1538 0100007F:D433 06 00000000:00000000 03:00000D3A 00000000     0        0 0 3 0000000000000000

        """
    private static let tcp6 = """
          sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
           0: 00000000000000000000000001000000:1539 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 13000 1 0 100 0 0 10 0

        """

    @Test func readsBothTables() throws {
        let folder = "/tmp/brink-tcp-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders(folder)
        defer { try? SystemFile.removeTree(folder) }
        try SystemFile.replace("\(folder)/tcp", Array(Self.tcp.utf8))
        #expect(try TCPSocketTable(in: folder).entries.count == 4)
        try SystemFile.replace("\(folder)/tcp6", Array(Self.tcp6.utf8))
        let entries = try TCPSocketTable(in: folder).entries
        try #require(entries.count == 5)
        #expect(entries[0].state == .listen && entries[0].localPort == 5432 && entries[0].inode == 12000)
        #expect(entries[0].localAddress == [127, 0, 0, 1])
        #expect(entries[1].remotePort == 0xD431 && entries[1].state == .established)
        #expect(entries[2].inode == 0 && entries[3].state == .timeWait)
        #expect(entries[4].localAddress == [UInt8](repeating: 0, count: 15) + [1] && entries[4].localPort == 0x1539)
    }
}
