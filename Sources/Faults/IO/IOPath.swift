import Engine
import LinuxSystem
import Scenarios

/// Which folder of a target an IO fault means: the one that is named, or PostgreSQL's data directory.
enum IOPath {
    static let parameter = ParameterSchema(
        "path", .text,
        "A file or folder on the device; for PostgreSQL its data directory when left out, and what does not begin with a "
            + "slash is in there, such as `pg_wal`.")

    static func find(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) -> String {
        if let path = specification.parameters.text("path") {
            if path.hasPrefix("/") { return path }
            guard let server = target.postgres, !path.split(separator: "/").contains("..") else {
                throw FaultError("\(specification.name): the path must be absolute")
            }
            return "\(server.dataDirectory)/\(path)"
        }
        guard let server = target.postgres else {
            throw FaultError("\(specification.name): target \(target.id) is no PostgreSQL, so name a path")
        }
        return server.dataDirectory
    }

    /// Refuses the file systems that the whole machine lives on.
    static func refuseSystem(_ path: String, for fault: String) throws(FaultError) {
        do throws(SystemError) {
            let device = try SystemFile.device(of: path)
            for place in ["/", "/var", "/var/lib", "/var/tmp", "/tmp", "/run", "/home", "/usr", "/etc", "/dev/shm"]
            where SystemFile.exists(place) {
                guard try SystemFile.device(of: place) == device else { continue }
                throw SystemError(
                    fault, on: path, .notPermitted,
                    advice: "refused: it is on the file system of \(place), which the machine needs; give the service "
                        + "a file system of its own, on a loop device or a volume")
            }
        } catch {
            throw FaultError("\(error)")
        }
    }

    /// A PostgreSQL without room ends itself, and what it could not write is gone: only one of the run's own may.
    static func refuseForeignCluster(_ target: ResolvedTarget, for fault: String) throws(FaultError) {
        guard let server = target.postgres, !target.isScratchCluster else { return }
        throw FaultError(
            "refused: \(fault): \(server.dataDirectory) is no cluster that the scenario starts; copy it into one, or give "
                + "a path of another target")
    }
}
