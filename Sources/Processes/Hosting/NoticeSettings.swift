import Couriers
import HTTP
import Runtime
import Security

extension CourierConfiguration {
    /// How notices leave, as the settings say; secrets are read from their files.
    init(_ configuration: Configuration) throws(StartError) {
        self.init()
        mailURL = configuration.text("SMTP_URL")
        sender = configuration.text("SMTP_FROM")
        user = configuration.text("SMTP_USER")
        requiresTLS = configuration.text("SMTP_TLS") == "on"
        authorities = configuration.text("NOTICE_CA_FILE")
        if let fault = faultOfAuthorities { throw StartError(.configuration, "NAUTILUS_NOTICE_CA_FILE: \(fault)") }
        if mailURL.contains("@") {
            throw StartError(
                .configuration, "NAUTILUS_SMTP_URL names a user; set NAUTILUS_SMTP_USER and a password file")
        }
        if !mailURL.isEmpty, !mailURL.hasPrefix("smtp://"), !mailURL.hasPrefix("smtps://") {
            throw StartError(.configuration, "NAUTILUS_SMTP_URL must begin with smtp:// or smtps://")
        }
        let secretFile = configuration.text("WEBHOOK_SECRET_FILE")
        let passwordFile = configuration.text("SMTP_PASSWORD_FILE")
        do throws(KeyFileError) {
            if !secretFile.isEmpty { secrets = try SecretFile.lines(of: secretFile) }
            if !passwordFile.isEmpty { password = try SecretFile.lines(of: passwordFile)[0] }
        } catch {
            throw StartError(.configuration, error.description)
        }
        guard secrets.allSatisfy({ $0.utf8.count >= APIKeys.minimumLength }) else {
            throw StartError(.configuration,
                             "a secret in \(secretFile) is shorter than \(APIKeys.minimumLength) characters")
        }
    }
}
