using System.CommandLine;

namespace ActorDcp.Host.CommandLine;

/// <summary>One verb of the command line: its options, its example, and what it does.</summary>
internal abstract class Verb : Command
{
    protected Verb(string name, string description, string example)
        : base(name, description)
    {
        Example = example;
    }

    /// <summary>Shown by <c>--help</c>.</summary>
    public string Example { get; }

    /// <summary>Whether words of this shape are passed on to configuration instead of being refused.</summary>
    public virtual bool Accepts(string unmatched) => false;

    /// <summary>Does the work.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">What was asked for cannot be.</exception>
    /// <exception cref="FailureException">It could not be done.</exception>
    public abstract Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals);
}
