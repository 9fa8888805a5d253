import CShims

/// What happens to memory that was given back. The C library hands large pieces to the system at once and asks for
/// them again at the next request; getting such a page costs more than filling it with an indicator's values.
public enum FreedMemory {
    /// Keeps up to so many bytes for the next request. Called once a process has started, so that what starting took is
    /// still given back. Nothing happens where the C library has no such setting.
    public static func keep(bytes: Int) { shim_keep_freed_memory(bytes) }
}
