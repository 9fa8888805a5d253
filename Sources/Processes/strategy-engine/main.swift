import Hosting
import Runtime

ProcessRunner.runService(.strategy)
