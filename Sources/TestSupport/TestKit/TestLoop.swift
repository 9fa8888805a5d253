import CTestLoop
import Runtime

/// Called by the C constructor of `CTestLoop` when the test process is loaded.
@_cdecl("nautilus_test_start_loop")
func startLoopForTests() { EventLoop.runInBackground() }
