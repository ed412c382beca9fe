using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorDcp.Client;

/// <summary>Whom we trust and who we are, read from files at each connect, so that renewed certificates are taken up.</summary>
internal sealed class TlsIdentity : IDisposable
{
    private readonly X509Certificate2Collection _authorities;
    private readonly X509Certificate2? _client;

    // those between ours and its authority, which a node that knows the authority alone needs to be sent
    private readonly X509Certificate2Collection _intermediates;

    private TlsIdentity(X509Certificate2Collection authorities, X509Certificate2? client, X509Certificate2Collection intermediates)
    {
        _authorities = authorities;
        _client = client;
        _intermediates = intermediates;
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
        var intermediates = new X509Certificate2Collection();
        if (options.ClientCertificateFile is { } certificate)
            Read(certificate, "Tls:ClientCertificateFile", () => client = LoadClient(certificate, options.ClientKeyFile, options.ClientKeyPassword, intermediates));
        return new TlsIdentity(authorities, client, intermediates);
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
            arguments.ClientCertificateContext = SslStreamCertificateContext.Create(_client, _intermediates, offline: true);
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
        foreach (var certificate in _authorities.Concat(_intermediates))
            certificate.Dispose();
    }

    private static X509Certificate2 LoadClient(string file, string? keyFile, string? password, X509Certificate2Collection intermediates)
    {
        var isPem = File.ReadAllBytes(file).AsSpan().IndexOf("-----BEGIN"u8) >= 0;
        if (!isPem)
        {
            intermediates.AddRange(X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password));
            var own = intermediates.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw new CryptographicException("it holds no certificate with a private key");
            intermediates.Remove(own);
            return own;
        }
        intermediates.ImportFromPemFile(file);
        // ours is the first, and is read with its key below
        if (intermediates.Count > 0)
        {
            intermediates[0].Dispose();
            intermediates.RemoveAt(0);
        }
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
