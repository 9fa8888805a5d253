import Hosting

ProcessRunner.runService(.analytics)
