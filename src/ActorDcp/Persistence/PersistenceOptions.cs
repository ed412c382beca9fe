namespace ActorDcp.Persistence;

/// <summary>Where positions and facts are kept, and how long to wait for it.</summary>
/// <param name="Provider">Kind of database.</param>
/// <param name="ConnectionString">How to reach it; may hold a password, so it is never printed.</param>
internal sealed record PersistenceOptions(PersistenceProvider Provider, string ConnectionString)
{
    /// <summary>Most time one statement may take; 5 s unless set. Whole seconds count, at least one.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most tries of one transaction that lost against another or found the database away; 5 unless set.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Wait before the second try, doubled for each further one and jittered; 20 ms unless set.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The kind of database alone: the connection string may hold a password.</summary>
    public override string ToString() => Provider.ToString();
}
