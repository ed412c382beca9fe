using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ActorDcp.Producer.Connections;

/// <summary>How a TLS port greets its clients (dcp-reference.md 2.8).</summary>
internal sealed record TlsSetup(SslServerAuthenticationOptions Options)
{
    public static TlsSetup Of(EmbeddedProducerOptions options) => new(new SslServerAuthenticationOptions
    {
        ServerCertificate = options.TlsCertificate,
        ClientCertificateRequired = options.ClientCertificateAuthority is not null,
        RemoteCertificateValidationCallback = (_, certificate, sent, _) =>
            certificate is null || IsIssuedBy(options.ClientCertificateAuthority, certificate, sent),
    });

    /// <summary>The user a client certificate stands for: its subject's common name.</summary>
    public static string? UserOf(X509Certificate? certificate) => (certificate as X509Certificate2)?.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    private static bool IsIssuedBy(X509Certificate2? authority, X509Certificate certificate, X509Chain? sent)
    {
        if (authority is null)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // what the client sent between its own certificate and the authority
        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        using var copy = new X509Certificate2(certificate);
        return chain.Build(copy);
    }
}
