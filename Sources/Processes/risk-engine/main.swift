import Hosting

ProcessRunner.runService(.risk)
