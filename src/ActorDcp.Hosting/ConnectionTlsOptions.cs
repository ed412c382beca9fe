namespace ActorDcp.Hosting;

/// <summary>TLS towards Couchbase.</summary>
public sealed class ConnectionTlsOptions
{
    /// <summary>Whether connections use TLS; <c>couchbases://</c> in the connection says the same. Off by default.</summary>
    public bool Enabled { get; set; }

    /// <summary>PEM file of the authorities to trust instead of the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary>PEM file of the client certificate, to sign in with it instead of a password.</summary>
    public string? CertFile { get; set; }

    /// <summary>PEM file of the client certificate's key.</summary>
    public string? KeyFile { get; set; }
}
