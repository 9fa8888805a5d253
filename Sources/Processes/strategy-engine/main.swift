import Hosting

ProcessRunner.runService(.strategy)
