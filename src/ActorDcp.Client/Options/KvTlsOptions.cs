namespace ActorDcp.Client;

/// <summary>How a connection is encrypted. Host name and chain are always verified.</summary>
public sealed record KvTlsOptions
{
    /// <summary>PEM file with the certificates of a private authority; null, the default, trusts the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Name that the node's certificate must carry; null, the default, is the endpoint's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>
    /// File with a client certificate, PEM or PKCS#12, and those between it and its authority where there are any; in PEM ours comes
    /// first. Null, the default, sends none. With one, the node takes the user from it and there is no SASL.
    /// </summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>PEM file with the client certificate's private key; null when it is in the same file.</summary>
    public string? ClientKeyFile { get; init; }

    /// <summary>Password of the private key or PKCS#12 file; null when there is none. Never printed.</summary>
    public string? ClientKeyPassword { get; init; }

    /// <summary>Everything but the key's password.</summary>
    public override string ToString() =>
        $"authority {AuthorityFile ?? "of the system"}, name {ServerName ?? "of the host"}, client certificate {ClientCertificateFile ?? "none"}";
}
