using ActorDcp.Persistence;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Tests.Persistence;

/// <summary>What tests of the SQL stores share: a database of the provider under test and values.</summary>
public abstract class SqlStoreTests : IAsyncLifetime
{
    internal static readonly GroupKey Group = new("audit", "5d0c5b1a");
    private readonly List<PersistenceDatabase> _databases = [];

    internal PersistenceDatabase Database { get; private set; } = null!;

    internal PersistenceOptions Options { get; private set; } = null!;

    internal abstract Task<PersistenceOptions> PrepareAsync();

    public virtual async Task InitializeAsync()
    {
        Options = await PrepareAsync();
        Database = NewDatabase();
        await new PersistenceSchema(Database, NullLogger.Instance).EnsureAsync(default);
    }

    public virtual Task DisposeAsync()
    {
        foreach (var database in _databases)
            database.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Another member's access to the same database.</summary>
    internal PersistenceDatabase NewDatabase()
    {
        var database = new PersistenceDatabase(Options, TimeProvider.System, NullLogger.Instance);
        _databases.Add(database);
        return database;
    }

    internal static VBucketId[] VBuckets(int count) => [.. Enumerable.Range(0, count).Select(VBucketId.From)];

    internal static StreamOffset At(ulong seqno, ulong uuid = 7) => StreamOffset.Boundary(new VBucketUuid(uuid), new Seqno(seqno));
}
