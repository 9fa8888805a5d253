import Hosting
import Runtime

ProcessRunner.runService(.factor)
