using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorDcp.Client;

/// <summary>Whom we trust and who we are, read from files at each connect, so that renewed certificates are taken up.</summary>
internal sealed class TlsIdentity : IDisposable
{
    private readonly X509Certificate2Collection _authorities;
    private readonly X509Certificate2? _client;

    private TlsIdentity(X509Certificate2Collection authorities, X509Certificate2? client)
    {
        _authorities = authorities;
        _client = client;
    }

    /// <exception cref="KvConfigurationException">A file is missing or not what it should be.</exception>
    internal static TlsIdentity Load(KvTlsOptions options)
    {
        var authorities = new X509Certificate2Collection();
        if (options.AuthorityFile is { } authority)
        {
            Read(authority, "Tls:AuthorityFile", () => authorities.ImportFromPemFile(authority));
            if (authorities.Count == 0)
                throw new KvConfigurationException($"{authority} holds no certificate; a PEM file is expected") { Setting = "Tls:AuthorityFile" };
        }
        X509Certificate2? client = null;
        if (options.ClientCertificateFile is { } certificate)
            Read(certificate, "Tls:ClientCertificateFile", () => client = LoadClient(certificate, options.ClientKeyFile, options.ClientKeyPassword));
        return new TlsIdentity(authorities, client);
    }

    internal SslClientAuthenticationOptions ForClient(string serverName)
    {
        var arguments = new SslClientAuthenticationOptions { TargetHost = serverName };
        if (_authorities.Count > 0)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                // a private authority rarely publishes a revocation list
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(_authorities);
            arguments.CertificateChainPolicy = policy;
        }
        if (_client is not null)
            arguments.ClientCertificateContext = SslStreamCertificateContext.Create(_client, additionalCertificates: null, offline: true);
        return arguments;
    }

    /// <summary>What is wrong with a node's certificate; null when nothing is.</summary>
    internal static string? Describe(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return null;
        var reasons = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            reasons.Add("it sent none");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            reasons.Add($"it was made for another name ({certificate?.Subject})");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            reasons.AddRange(chain?.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')) ?? ["its chain is not trusted"]);
        return string.Join("; ", reasons);
    }

    public void Dispose()
    {
        _client?.Dispose();
        foreach (var authority in _authorities)
            authority.Dispose();
    }

    private static X509Certificate2 LoadClient(string file, string? keyFile, string? password)
    {
        var isPem = File.ReadAllBytes(file).AsSpan().IndexOf("-----BEGIN"u8) >= 0;
        if (!isPem)
            return X509CertificateLoader.LoadPkcs12FromFile(file, password);
        return password is null
            ? X509Certificate2.CreateFromPemFile(file, keyFile)
            : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile);
    }

    private static void Read(string file, string setting, Action read)
    {
        try
        {
            read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KvConfigurationException($"{file} cannot be used: {exception.Message}", exception) { Setting = setting };
        }
    }
}
