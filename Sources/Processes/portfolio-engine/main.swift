import Hosting

ProcessRunner.runService(.portfolio)
