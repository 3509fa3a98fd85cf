import Foundation
import Glibc
import Journal
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// disk.delay and disk.flaky on a scratch cluster's volume, seen from the file system; and that nothing of the volume
    /// is left, whoever dies when.
    @Suite(.serialized) struct DeviceTests {
        init() throws {
            try PrivilegedSuite.load(modules: ["loop", "dm-mod", "dm-delay", "dm-flakey", "ext4"])
        }

        private func tool(_ path: String, _ arguments: [String]) throws {
            let handle = try SpawnRequest(
                path, arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
            ).start()
            let ended = handle.hasEnded(within: 30_000)
            let code = try handle.reap()
            try #require(ended && code == 0, "\(path) \(arguments)")
        }

        // MARK: What there is

        /// All that a volume consists of: mounts, mapped devices, loop devices with a file, scratch folders.
        private func layers() throws -> [String] {
            var found = try FileSystemMount.all().map { "\($0.device) on \($0.folder)" }
            for name in try SystemFile.entries(of: "/sys/block") {
                if name.hasPrefix("dm-") { found.append(name) }
                if SystemFile.exists("/sys/block/\(name)/loop/backing_file") { found.append("\(name) in use") }
            }
            return found + (try SystemFile.entries(of: "/var/tmp").filter { !$0.hasPrefix("brink-test-") })
        }

        private func volumeFolder() throws -> String {
            try #require(try FileSystemMount.all().first { $0.folder.hasPrefix("/var/tmp/brink-2") }).folder
        }

        private func dropCaches() throws {
            try SystemFile.writeOnce("/proc/sys/vm/drop_caches", Array("3".utf8))
        }

        /// How long a small write takes until it is on the device, as PostgreSQL waits for it.
        @discardableResult
        private func writeDurably(_ path: String, _ byte: UInt8 = 1) throws(SystemError) -> Duration {
            let start = MonotonicClock.now()
            let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.write([UInt8](repeating: byte, count: 4096))
            try file.synchronize()
            try file.close()
            return MonotonicClock.now() - start
        }

        private func failure(_ body: () throws(SystemError) -> Void) -> SystemError? {
            do throws(SystemError) {
                try body()
                return nil
            } catch {
                return error
            }
        }

        private func wait(for text: String, _ running: BrinkCommand.Running) throws {
            let end = MonotonicClock.now() + .seconds(90)
            while !running.errorsSoFar.contains(text) {
                try #require(!running.hasEnded && MonotonicClock.now() < end, "\(text): \(running.errorsSoFar)")
                MonotonicClock.pause(milliseconds: 10)
            }
        }

        private func scenario(_ faults: [String], run: String, in place: String) throws -> String {
            try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: device
                services: {db: {postgres: {volume: 160MiB}}}
                targets: {db: {service: db}}
                phases: {baseline: 0s, run: \(run), recovery: 0s}
                faults:
                \(faults.map { "- {\($0)}" }.joined(separator: "\n"))
                """, in: place)
        }

        // MARK: Seen and taken back

        @Test func aSlowAndAFailingDevice() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try layers()
            let command = BrinkCommand(in: place)
            let path = try scenario(
                [
                    "id: slow, at: 0s, for: 4s, disk.delay: {target: db, read: 20ms, write: 50ms}",
                    "id: unreadable, at: 6s, for: 4s, disk.flaky: {target: db, mode: error_reads}",
                    "id: unwritable, at: 13s, for: 4s, disk.flaky: {target: db, mode: error_writes}",
                ], run: "20s", in: place)
            let running = try command.start(["run", path])

            try wait(for: "fault slow  verified", running)
            let folder = try volumeFolder()
            let file = "\(folder)/probe"
            let slow = try writeDurably(file)
            try wait(for: "fault slow  ended", running)
            try writeDurably(file)
            let quick = try writeDurably(file)
            print("a durable write: \(slow) with the fault, \(quick) after it")
            #expect(slow > .milliseconds(100) && quick < slow / 2)

            try wait(for: "fault unreadable  verified", running)
            try dropCaches()
            let unread = failure { () throws(SystemError) in _ = try SystemFile.read(file) }
            #expect(unread?.errno == .ioError, "\(String(describing: unread))")
            try wait(for: "fault unreadable  ended", running)
            try dropCaches()
            #expect(try SystemFile.read(file).count == 4096)
            try writeDurably(file)

            try wait(for: "fault unwritable  verified", running)
            let refusal = failure { () throws(SystemError) in try writeDurably(file) }
            #expect([.ioError, .readOnlyFileSystem].contains(refusal?.errno), "\(String(describing: refusal))")

            let result = try running.wait()
            #expect(result.code == 0, "\(result.all)")
            #expect(try layers() == before)
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(verify.all)")
        }

        /// kill -9 of the harness: the guardian puts the table back, unmounts and removes, by itself.
        @Test(arguments: [
            "disk.delay: {target: db, read: 200ms, write: 300ms}", "disk.flaky: {target: db, mode: drop_writes}",
        ])
        func theGuardianTakesItApart(_ fault: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try layers()
            let command = BrinkCommand(in: place)
            let running = try command.start(
                ["run", try scenario(["id: f, at: 0s, for: 60s, \(fault)"], run: "60s", in: place)])
            try wait(for: "fault f  verified", running)
            #expect(try layers() != before)
            if fault.contains("drop_writes") {
                // Nobody is told, and it is not there: neither the data nor, perhaps, the file.
                let file = "\(try volumeFolder())/lost"
                try writeDurably(file, 7)
                try dropCaches()
                let found = try? SystemFile.read(file)
                #expect(found != [UInt8](repeating: 7, count: 4096))
            }
            let start = MonotonicClock.now()
            try running.send(.kill)
            #expect(try running.wait().code == 137)
            // The lock is the guardian's until it has done its work.
            try FileLock(path: "\(command.state)/lock", waitingMilliseconds: 60_000).unlock()
            print("the guardian was done \(MonotonicClock.now() - start) after the harness's death")
            #expect(try layers() == before)
            let recovery = try command.run(["recover"])
            #expect(recovery.code == 0, "\(recovery.all)")
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(verify.all)")
        }

        @Test func recoverTakesItApart() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try layers()
            let command = BrinkCommand(in: place)
            let running = try command.start([
                "run",
                try scenario(
                    ["id: f, at: 0s, for: 60s, disk.flaky: {target: db, mode: error_writes}"], run: "60s", in: place),
            ])
            try wait(for: "fault f  verified", running)
            let table = ProcessTable()
            for pid in try table.pids() where (try? table.status(of: pid).name) == "brink-guardian" {
                kill(pid, SIGKILL)
            }
            try running.send(.kill)
            #expect(try running.wait().code == 137)
            #expect(try layers() != before)
            let unverified = try command.run(["verify"])
            #expect(unverified.code == 10 && unverified.all.contains("flakey"), "\(unverified.all)")
            let recovery = try command.run(["recover"])
            #expect(recovery.code == 0, "\(recovery.all)")
            #expect(try layers() == before)
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(verify.all)")
        }

        /// With the intent on disk and nothing made, and with all made and not noted down.
        @Test(arguments: ["after:3", "before:4"])
        func aHarnessThatDiesWhileItMakesTheVolume(_ point: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try layers()
            let command = BrinkCommand(in: place)
            let path = try scenario(
                ["id: f, at: 0s, for: 1s, disk.delay: {target: db, read: 20ms}"], run: "2s", in: place)
            let result = try command.run(["run", path], environment: ["BRINK_CRASH_POINT": point])
            #expect(result.code == 137, "\(result.all)")
            try FileLock(path: "\(command.state)/lock", waitingMilliseconds: 60_000).unlock()
            #expect(try layers() == before)
            let journals = try StateFolder(path: command.state).journals()
            let journal = try #require(try journals.first?.get())
            #expect(journal.isClosed)
            let removal = journal.changes.first { if case .removeVolume = $0.undo { true } else { false } }
            #expect(removal?.outcome == (point == "after:3" ? .alreadyRestored : .restored))
        }

        // MARK: Half-way

        /// A volume as far as it was made when its maker died.
        private struct Stages {
            let volume: MappedVolume
            let linear: DeviceTable
            let slow: DeviceTable
            let swap: UndoAction.DeviceSwap

            init(in place: String) throws {
                let name = "brink-stages-\(getpid())-\(UInt32.random(in: .min ... .max))"
                volume = MappedVolume(
                    mountPoint: "\(place)/mount", file: "\(place)/volume", deviceName: name,
                    uuid: "BRINK-stages-\(name)")
                let file = try OwnedDescriptor.open(volume.file, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
                try file.resize(to: 16 << 20)
                try file.close()
                let loop = try LoopDevice(attaching: volume.file)
                linear = DeviceTable(linear: try BlockDevice(special: loop.path), sectors: 32768)
                slow = try #require(linear.delayed(readMilliseconds: 20, writeMilliseconds: 50))
                swap = UndoAction.DeviceSwap(
                    name: volume.deviceName, uuid: volume.uuid, prior: linear, injected: slow)
            }

            func makeDevice() throws {
                try DeviceMapper().create(name: volume.deviceName, uuid: volume.uuid)
            }

            func put(_ table: DeviceTable) throws {
                try DeviceMapper().put(table, on: volume.uuid)
            }

            func remove() throws {
                #expect(UndoExecutor().undo(.removeVolume(volume)) == .restored)
                #expect(UndoExecutor().undo(.removeVolume(volume)) == .alreadyRestored)
            }
        }

        @Test func eachLayerIsFoundByItself() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try layers()
            // A file and a loop device.
            try Stages(in: place).remove()
            #expect(try layers() == before)
            // A device without a table, one with a table, one with a fault, one that is suspended.
            for stage in 0..<4 {
                let stages = try Stages(in: place)
                try stages.makeDevice()
                if stage > 0 { try stages.put(stages.linear) }
                if stage > 1 { try stages.put(stages.slow) }
                if stage > 2 { try suspend(stages.volume.uuid) }
                #expect(try layers() != before)
                try stages.remove()
                #expect(try layers() == before, "stage \(stage)")
            }
        }

        @Test func aSwapIsTakenBackWhereverItStopped() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let stages = try Stages(in: place)
            let uuid = stages.volume.uuid
            let undo = UndoAction.restoreDeviceTable(stages.swap)
            let executor = UndoExecutor()
            #expect(executor.undo(undo).description.hasPrefix("target-gone"))
            try stages.makeDevice()
            try stages.put(stages.linear)
            #expect(executor.undo(undo) == .alreadyRestored)

            // Loaded, not in force.
            try load(stages.slow, on: uuid)
            #expect(try DeviceMapper.device(of: uuid)?.hasInactiveTable == true)
            #expect(executor.undo(undo) == .restored)
            #expect(try DeviceMapper.device(of: uuid)?.hasInactiveTable == false)

            // Suspended before and after the table came into force.
            for table in [stages.linear, stages.slow] {
                try stages.put(table)
                try suspend(uuid)
                #expect(try DeviceMapper.device(of: uuid)?.isSuspended == true)
                #expect(executor.undo(undo) == .restored)
                let after = try #require(try DeviceMapper.device(of: uuid))
                #expect(after.table == stages.linear && !after.isSuspended)
            }

            // Somebody else's table is theirs.
            let foreign = try #require(stages.linear.delayed(readMilliseconds: 7, writeMilliseconds: 7))
            try stages.put(foreign)
            #expect(executor.undo(undo).description.hasPrefix("conflict"))
            #expect(try DeviceMapper.device(of: uuid)?.table == foreign)
            try stages.remove()
        }

        /// Somebody who stays in the volume keeps it, and is told of; when they leave it goes.
        @Test func aVolumeInUseIsNotCalledRemoved() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try layers()
            let stages = try Stages(in: place)
            try stages.makeDevice()
            try stages.put(stages.linear)
            let device = try #require(try DeviceMapper.device(of: stages.volume.uuid))
            try tool("/usr/sbin/mkfs.ext4", ["-q", device.path])
            try SystemFile.makeNewFolder(stages.volume.mountPoint, mode: 0o755)
            try FileSystemMount.mount(device.path, on: stages.volume.mountPoint, type: "ext4")
            let guest = try SpawnRequest("/bin/sleep", ["600"], directory: stages.volume.mountPoint).start()
            guard case .failed(let reason) = UndoExecutor().undo(.removeVolume(stages.volume)) else {
                Issue.record("removed though in use")
                return
            }
            #expect(reason.contains("end it, then run `brink recover`"), "\(reason)")
            try guest.send(.kill)
            let ended = guest.hasEnded(within: 5000)
            #expect(ended)
            _ = try guest.reap()
            try stages.remove()
            #expect(try layers() == before)
        }

        // MARK: Half of a swap

        /// The layout of struct dm_ioctl (linux/dm-ioctl.h), for calls that Brink itself never makes by themselves.
        private func call(_ command: UInt, _ uuid: String, flags: UInt32, targets: UInt32 = 0, data: [UInt8] = [])
            throws
        {
            var bytes = [UInt8](repeating: 0, count: 312) + data
            func put(_ value: UInt32, at offset: Int) {
                withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<(offset + 4), with: $0) }
            }
            put(4, at: 0)
            put(UInt32(bytes.count), at: 12)
            put(312, at: 16)
            put(targets, at: 20)
            put(flags, at: 28)
            let name = Array(uuid.utf8)
            bytes.replaceSubrange(176..<(176 + name.count), with: name)
            let file = try OwnedDescriptor.open(DeviceMapper.controlFile, O_RDWR)
            let outcome = bytes.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { ioctl(file.number, 0xc138_fd00 | command, $0) } ?? -1
            }
            let code = errno
            try #require(outcome == 0, "errno \(code)")
            try file.close()
        }

        private func suspend(_ uuid: String) throws {
            // DM_DEV_SUSPEND with DM_SUSPEND_FLAG.
            try call(6, uuid, flags: 1 << 1)
        }

        private func load(_ table: DeviceTable, on uuid: String) throws {
            // DM_TABLE_LOAD of one dm_target_spec.
            var data = [UInt8](repeating: 0, count: 40)
            withUnsafeBytes(of: table.sectors) { data.replaceSubrange(8..<16, with: $0) }
            data.replaceSubrange(24..<(24 + table.type.utf8.count), with: table.type.utf8)
            data += Array(table.parameters.utf8)
            data += [UInt8](repeating: 0, count: 8 - data.count % 8)
            try call(9, uuid, flags: 0, targets: 1, data: data)
        }
    }
}
