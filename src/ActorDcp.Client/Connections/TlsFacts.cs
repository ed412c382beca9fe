using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ActorDcp.Client;

/// <summary>What TLS came to on a connection.</summary>
/// <param name="Protocol">Version of TLS.</param>
/// <param name="CipherSuite">Cipher suite by its registered name.</param>
/// <param name="Subject">Whom the node's certificate names.</param>
/// <param name="ValidUntil">When the node's certificate expires, UTC.</param>
public sealed record TlsFacts(SslProtocols Protocol, string CipherSuite, string Subject, DateTimeOffset ValidUntil)
{
    internal static TlsFacts? Of(Stream stream)
    {
        if (stream is not SslStream { RemoteCertificate: { } sent } encrypted)
            return null;
        using var certificate = X509CertificateLoader.LoadCertificate(sent.GetRawCertData());
        return new TlsFacts(encrypted.SslProtocol, encrypted.NegotiatedCipherSuite.ToString(), certificate.Subject, certificate.NotAfter.ToUniversalTime());
    }
}
