import Runtime
import Telemetry

/// What the acceleration switches ask for, held against what this machine shows. An engine never claims a device that is
/// not there.
struct Acceleration {
    /// Devices whose use is asked for by a switch.
    private static let devices = [
        ("METAL", "a GPU that Metal reaches"), ("NEURAL", "a neural accelerator"),
        ("UNIFIED_MEMORY", "memory that CPU and GPU share"),
    ]

    /// Linux shows none of them to a process, on any hardware.
    static let present: Set<String> = []

    /// Tells of each kind of device whether it is there.
    static func register(in registry: MetricsRegistry) {
        for (kind, name) in [("gpu", "METAL"), ("neural", "NEURAL"), ("unified_memory", "UNIFIED_MEMORY")] {
            registry.gauge("nautilus_accelerator_present_ratio", "1 where the platform sees such a device, else 0.",
                           ["kind": kind]).set(present.contains(name) ? 1 : 0)
        }
    }

    /// Throws where a device is demanded that is not there.
    static func check(_ configuration: Configuration, present: Set<String> = present) throws(StartError) {
        for (name, device) in devices where configuration.text(name) == "on" && !present.contains(name) {
            throw StartError(.configuration, "NAUTILUS_\(name)=on asks for \(device), and there is none here; "
                + "auto uses what is there")
        }
        if configuration.text("ACCELERATION") == "on" && present.isEmpty {
            throw StartError(.configuration, "NAUTILUS_ACCELERATION=on asks for an accelerator, and there is none here; "
                + "auto uses what is there")
        }
    }
}
