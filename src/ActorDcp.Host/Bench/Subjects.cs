namespace ActorDcp.Host.Bench;

/// <summary>What is measured side by side.</summary>
internal static class Subjects
{
    /// <summary>Reads the same bytes from a socket and forgets them: the baseline.</summary>
    public const string Reader = "reader";

    /// <summary><c>drain --until now --format count</c>.</summary>
    public const string Drain = "drain";

    /// <summary><c>serve</c> with the handler <c>count</c> and SQLite.</summary>
    public const string Member = "member";

    public static IReadOnlyList<string> All { get; } = [Reader, Drain, Member];
}
