using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ActorDcp.Producer.Tests;

internal static class TlsTrust
{
    /// <summary>What a client of 127.0.0.1 says that trusts an authority, and shows a certificate if it has one.</summary>
    public static SslClientAuthenticationOptions In(X509Certificate2 authority, X509Certificate2? client = null) => new()
    {
        TargetHost = "127.0.0.1",
        ClientCertificates = client is null ? [] : [client],
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { authority },
        },
    };
}
