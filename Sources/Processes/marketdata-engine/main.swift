import Hosting
import Runtime

ProcessRunner.runService(.marketdata)
