namespace ActorDcp.Cluster.Tests.Members;

/// <summary>A cluster of a test, small unless it says otherwise.</summary>
internal sealed record TestClusterOptions
{
    public string Group { get; init; } = "test";

    /// <summary>Connection string of a PostgreSQL database; null when the members share a SQLite file.</summary>
    public string? Database { get; init; }

    /// <summary>Most connections of a member to the database; 0 when it is not told.</summary>
    public int Pool { get; init; }

    /// <summary>How many members there may be.</summary>
    public int Members { get; init; } = 3;

    /// <summary>How many are started at once and waited for.</summary>
    public int StartedMembers { get; init; } = 3;

    /// <summary>The first members, whose addresses all are given.</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>Whether the members reach each other through relays, which do not understand TLS.</summary>
    public bool UsesRelays { get; init; } = true;

    /// <summary>Whether all members read one file, and are told apart from it by options or by the environment, in turn.</summary>
    public bool SharesFile { get; init; }

    public int VBuckets { get; init; } = 64;

    public int Nodes { get; init; } = 1;

    public int Replicas { get; init; }

    public int WritesPerSecond { get; init; } = 320;

    /// <summary>Most vbuckets in one shard.</summary>
    public int LargestShard => (VBuckets + 127) / 128;

    public IReadOnlyList<(string Key, string Value)> Settings { get; init; } = [];
}
