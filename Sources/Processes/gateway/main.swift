import Hosting

ProcessRunner.runService(.gateway)
