import Engine
import LinuxSystem

/// Finds the small executables that belong to brink: beside brink's own.
public enum ProgramFolder {
    /// - Throws: when the program is not beside this one.
    public static func path(of program: String) throws(FaultError) -> String {
        do throws(SystemError) {
            let own = try SystemFile.linkTarget("/proc/self/exe")
            let path = "\(SystemFile.parent(of: own))/\(program)"
            guard SystemFile.exists(path) else {
                throw SystemError(
                    "find", on: path, .noSuchFileOrDirectory, advice: "install \(program) into the same folder as brink"
                )
            }
            return path
        } catch {
            throw FaultError("\(error)")
        }
    }
}
