import Hosting
import Runtime

ProcessRunner.runService(.ml)
