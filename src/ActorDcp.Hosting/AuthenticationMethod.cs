namespace ActorDcp.Hosting;

/// <summary>How a connection signs in (dcp-reference.md 2.3).</summary>
public enum AuthenticationMethod
{
    /// <summary>The strongest that the server offers; PLAIN only over TLS or where nothing else is offered.</summary>
    Auto,
    /// <summary>PLAIN: the password travels as it is.</summary>
    Plain,
    /// <summary>SCRAM-SHA1.</summary>
    ScramSha1,
    /// <summary>SCRAM-SHA256.</summary>
    ScramSha256,
    /// <summary>SCRAM-SHA512.</summary>
    ScramSha512,
}
