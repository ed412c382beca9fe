namespace ActorDcp.Host.CommandLine;

/// <summary>The command line or configuration is wrong; the text names option, value and mend. Exit code 2.</summary>
internal sealed class UsageException : Exception
{
    public UsageException()
    {
    }

    public UsageException(string message)
        : base(message)
    {
    }

    public UsageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
