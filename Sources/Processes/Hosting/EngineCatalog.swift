// Hosting: wiring. Which adapters stand behind the ports of which engines, in one process or in ten.
import Analytics
import EngineKit
import Factors
import Features
import Gateway
import Learning
import MarketData
import Portfolio
import Risk
import Runtime
import Strategy
import Streaming

/// The engine behind each name.
enum EngineCatalog {
    static func type(of name: EngineName) -> any Engine.Type {
        switch name {
        case .analytics: AnalyticsEngine.self
        case .risk: RiskEngine.self
        case .factor: FactorEngine.self
        case .ml: LearningEngine.self
        case .features: FeaturesEngine.self
        case .websocket: StreamingEngine.self
        case .strategy: StrategyEngine.self
        case .marketdata: MarketDataEngine.self
        case .portfolio: PortfolioEngine.self
        case .gateway: GatewayEngine.self
        }
    }
}
