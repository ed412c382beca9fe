using ActorDcp.Protocol;

namespace ActorDcp.Client;

/// <summary>
/// A node refused what was configured: wrong password, unknown bucket, missing privilege, untrusted certificate. The text names what
/// was refused, where, the node's own words, and the mend. Never holds a secret. Trying again without a change is useless.
/// </summary>
public sealed class KvConfigurationException : Exception
{
    /// <summary>Makes one without a text.</summary>
    public KvConfigurationException()
    {
    }

    /// <summary>Makes one from its text.</summary>
    public KvConfigurationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one from its text and cause.</summary>
    public KvConfigurationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What is wrong: the option to look at, such as <c>Bucket</c>; empty when unknown.</summary>
    public string Setting { get; init; } = "";

    /// <summary>The status that the node refused with; null where it did not come to that.</summary>
    public Status? Status { get; init; }

    /// <summary>What that status means; null where it did not come to one.</summary>
    public StatusMeaning? Meaning { get; init; }
}
