import Hosting
import Runtime

ProcessRunner.runService(.features)
