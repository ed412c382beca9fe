namespace ActorDcp.Host.CommandLine;

/// <summary>Where facts (standard output) and logs (standard error) go.</summary>
internal sealed class Terminal(TextWriter output, TextWriter error)
{
    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>A line that others read: written at once.</summary>
    public void Fact(string line)
    {
        Output.WriteLine(line);
        Output.Flush();
    }

    public void Log(string line) => Error.WriteLine(line);
}
