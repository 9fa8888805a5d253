import Hosting

ProcessRunner.runService(.factor)
