namespace ActorDcp.Hosting;

/// <summary>Mutual TLS between members.</summary>
public sealed class ClusterTlsOptions
{
    /// <summary>PFX file with this member's certificate and key; null means no TLS.</summary>
    public string? CertFile { get; set; }

    /// <summary>File whose first line is the PFX file's password; null when it has none.</summary>
    public string? CertPasswordFile { get; set; }
}
