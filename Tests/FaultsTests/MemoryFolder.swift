import LinuxSystem

/// Where the servers of a test lie: in memory, unless there is too little of it, as in many a container.
enum MemoryFolder {
    static func path(for name: String) throws -> String {
        let memory = "/dev/shm"
        let hasRoom = try SystemFile.exists(memory) && SystemFile.freeBytes(at: memory) > 1 << 30
        return "\(hasRoom ? memory : "/var/tmp")/brink-\(name)-\(UInt32.random(in: 0 ... .max))"
    }
}
