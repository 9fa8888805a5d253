import Hosting
import Runtime

ProcessRunner.runService(.analytics)
