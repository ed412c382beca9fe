namespace ActorDcp.Hosting;

/// <summary>The member's HTTP calls: health, metrics, status, operations.</summary>
public sealed class HttpOptions
{
    /// <summary>Address to listen on. Off loopback a token is needed.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>Port to listen on; 0 takes a free one.</summary>
    public int Port { get; set; } = 8080;

    /// <summary>Token that callers send as <c>Authorization: Bearer</c>; also <c>ACTORDCP_TOKEN</c> or <see cref="TokenFile"/>.</summary>
    public string? Token { get; set; }

    /// <summary>File whose first line is the token.</summary>
    public string? TokenFile { get; set; }
}
