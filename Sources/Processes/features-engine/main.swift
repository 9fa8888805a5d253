import Hosting

ProcessRunner.runService(.features)
