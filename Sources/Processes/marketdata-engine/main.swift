import Hosting

ProcessRunner.runService(.marketdata)
