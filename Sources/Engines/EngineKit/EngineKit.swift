// EngineKit
