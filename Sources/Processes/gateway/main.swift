import Hosting
import Runtime

ProcessRunner.runService(.gateway)
