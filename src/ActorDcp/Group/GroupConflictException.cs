namespace ActorDcp.Group;

/// <summary>
/// The group must not run as it is configured: it exists and this start would not mean the same, or what it is to begin with does not
/// fit the bucket. The message names keys, values and mends.
/// </summary>
public sealed class GroupConflictException : Exception
{
    /// <summary>Makes one without a text.</summary>
    public GroupConflictException()
    {
    }

    /// <summary>Makes one with the differences as its text.</summary>
    public GroupConflictException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with a text and a cause.</summary>
    public GroupConflictException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
