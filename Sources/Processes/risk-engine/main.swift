import Hosting
import Runtime

ProcessRunner.runService(.risk)
