import CShims
import Glibc

/// The process that started this one.
public enum ParentProcess {
    /// Has the kernel send this process SIGTERM when the thread that started it ends, also by SIGKILL. False where the
    /// parent is not `id`, which has ended then: whoever is the parent now will not end for our sake.
    public static func stopAtItsEnd(_ id: Int32) -> Bool {
        _ = shim_signal_at_parents_end(SIGTERM)
        return getppid() == id
    }
}
