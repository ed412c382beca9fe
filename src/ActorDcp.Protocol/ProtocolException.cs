namespace ActorDcp.Protocol;

/// <summary>The peer broke the rules of the protocol: what came cannot be read. The connection must be closed.</summary>
public sealed class ProtocolException : Exception
{
    /// <summary>Makes one without a text.</summary>
    public ProtocolException()
    {
    }

    /// <summary>Makes one that says what was wrong.</summary>
    public ProtocolException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one that says what was wrong and what caused it.</summary>
    public ProtocolException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
