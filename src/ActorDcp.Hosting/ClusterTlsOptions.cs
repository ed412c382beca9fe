namespace ActorDcp.Hosting;

/// <summary>Mutual TLS between members.</summary>
public sealed class ClusterTlsOptions
{
    /// <summary>PFX file with this member's certificate and key; null means no TLS.</summary>
    public string? CertFile { get; set; }

    /// <summary>PEM file of the authorities that issue the members' certificates; null for those that the system trusts.</summary>
    public string? CaFile { get; set; }

    /// <summary>File whose first line is the PFX file's password; null when it has none.</summary>
    public string? CertPasswordFile { get; set; }
}
