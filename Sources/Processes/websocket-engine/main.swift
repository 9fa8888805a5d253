import Hosting
import Runtime

ProcessRunner.runService(.websocket)
