namespace ActorDcp.Host.CommandLine;

/// <summary>The work could not be done; the text is one line that says why and what to do. Exit code 1.</summary>
internal sealed class FailureException : Exception
{
    public FailureException()
    {
    }

    public FailureException(string message)
        : base(message)
    {
    }

    public FailureException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
