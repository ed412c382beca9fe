namespace ActorDcp.Protocol.Sasl;

/// <summary>Ways to authenticate (dcp-reference.md 2.3), weakest first.</summary>
public enum SaslMechanism
{
    /// <summary>PLAIN: sends the password. Only over TLS, unless a person decides otherwise.</summary>
    Plain,
    /// <summary>SCRAM-SHA1.</summary>
    ScramSha1,
    /// <summary>SCRAM-SHA256.</summary>
    ScramSha256,
    /// <summary>SCRAM-SHA512.</summary>
    ScramSha512,
}
