import Hosting
import Runtime

ProcessRunner.runService(.portfolio)
