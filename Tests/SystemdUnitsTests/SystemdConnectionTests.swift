import LinuxSystem
import SystemdUnits
import Testing

@Suite struct SystemdConnectionTests {
    @Test(.enabled(if: !SystemFile.exists(SystemdConnection.socket), "systemd runs here"))
    func saysWhereItLooked() {
        let error = #expect(throws: SystemError.self) { _ = try SystemdConnection() }
        let text = error?.description ?? ""
        #expect(text.contains("reach systemd on /run/systemd/private") && text.contains("host's /run"), "\(text)")
    }
}
