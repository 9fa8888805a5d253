import Hosting

ProcessRunner.runService(.websocket)
