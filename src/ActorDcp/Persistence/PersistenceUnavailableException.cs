namespace ActorDcp.Persistence;

/// <summary>
/// The database did not do what it was asked within the tries allowed. The transaction may have happened all the same; asking
/// again later is right, for every statement of ours can be repeated.
/// </summary>
public sealed class PersistenceUnavailableException : Exception
{
    /// <summary>Says what was tried.</summary>
    public PersistenceUnavailableException(string message) : base(message)
    {
    }

    /// <summary>Says what was tried and what stood in the way.</summary>
    public PersistenceUnavailableException(string message, Exception cause) : base(message, cause)
    {
    }

    /// <summary>Makes one without details.</summary>
    public PersistenceUnavailableException()
    {
    }
}
