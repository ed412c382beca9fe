using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;

namespace ActorDcp.Hosting.Runtime;

/// <summary>
/// Mutual TLS between members: each shows a certificate issued for its host by an authority that the others trust, the dialed one as
/// the dialing.
/// </summary>
internal static class MemberTls
{
    public static DotNettySslSetup Setup(ClusterTlsOptions tls) => new(
        Load(tls), suppressValidation: false, requireMutualAuthentication: true, validateCertificateHostname: true, Validator(Authorities(tls)));

    /// <summary>What is wrong with the files; null when nothing is. Files that are missing are somebody else's finding.</summary>
    public static string? Check(ClusterTlsOptions tls)
    {
        try
        {
            using var certificate = Load(tls);
            if (!certificate.HasPrivateKey)
                return "holds no private key: export certificate and key together";
            return tls.CaFile is not null && Authorities(tls).Count == 0 ? "has a Cluster:Tls:CaFile without a certificate: name a PEM file" : null;
        }
        catch (CryptographicException e)
        {
            return $"cannot be read ({e.Message}): name a PFX file, and its password in Cluster:Tls:CertPasswordFile";
        }
    }

    private static X509Certificate2 Load(ClusterTlsOptions tls)
    {
        var password = tls.CertPasswordFile is { } secret ? File.ReadLines(secret).FirstOrDefault() ?? "" : null;
        return X509CertificateLoader.LoadPkcs12FromFile(tls.CertFile!, password);
    }

    private static X509Certificate2Collection Authorities(ClusterTlsOptions tls)
    {
        var authorities = new X509Certificate2Collection();
        if (tls.CaFile is { } file)
            authorities.ImportFromPemFile(file);
        return authorities;
    }

    private static CertificateValidationCallback Validator(X509Certificate2Collection authorities) => (certificate, _, peer, errors, log) =>
    {
        var wrong = Wrong(certificate, errors, authorities);
        if (wrong is not null)
            log.Warning("the certificate of {0} is refused: {1}", peer, wrong);
        return wrong is null;
    };

    private static string? Wrong(X509Certificate2? certificate, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return "there is none";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return $"{certificate.Subject} is not issued for the host that was dialed";
        using var chain = new X509Chain();
        // private authorities rarely publish revocation lists
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (authorities.Count > 0)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        return chain.Build(certificate)
            ? null
            : $"{certificate.Subject}: {string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()))}";
    }
}
