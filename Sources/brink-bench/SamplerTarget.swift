import Cgroups
import LinuxSystem
import Measurement

/// A cgroup with one process, as the sampler sees a target.
struct SamplerTarget {
    let id: String
    let cgroup: Cgroup
    let process: ProcessIdentity

    var cgroupProbe: CgroupProbe { CgroupProbe(target: id, cgroup: cgroup) }
    var processProbe: ProcessProbe { ProcessProbe(target: id, process: process, hasOwnCgroup: true) }

    /// What the two probes read, for the peer.
    var files: [String] { RawReader.knobs.map { cgroup.file($0) } + ["/proc/\(process.pid)/stat"] }
}
