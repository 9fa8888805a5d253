import Hosting

ProcessRunner.runService(.ml)
