using ActorDcp.Protocol;

namespace ActorDcp.Client;

/// <summary>A connection could not be made or was lost, or a node answered that it cannot serve now.</summary>
public sealed class KvConnectionException : Exception
{
    /// <summary>Makes one without a text.</summary>
    public KvConnectionException()
    {
    }

    /// <summary>Makes one that says what happened; retryable.</summary>
    public KvConnectionException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one that says what happened and what caused it; retryable.</summary>
    public KvConnectionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether trying again after a while may succeed. Default true.</summary>
    public bool IsRetryable { get; init; } = true;

    /// <summary>The status that the node refused with; null where it did not come to that.</summary>
    public Status? Status { get; init; }

    /// <summary>What that status means; null where it did not come to one.</summary>
    public StatusMeaning? Meaning { get; init; }
}
