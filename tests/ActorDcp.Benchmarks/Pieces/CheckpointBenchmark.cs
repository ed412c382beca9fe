using ActorDcp.Persistence;
using ActorDcp.Tests.Persistence;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Benchmarks.Pieces;

/// <summary>Time and memory of a vbucket's row when a member saves all that moved in one transaction, on SQLite. Events cost nothing here.</summary>
public class CheckpointBenchmark : IDisposable
{
    private const int VBuckets = 1024;

    private static readonly GroupKey Group = new("benchmark", "5d0c5b1a");
    private static readonly OwnershipEpoch Epoch = new(1);

    private readonly List<OffsetUpdate> _updates = [];
    private SqliteFile _file = null!;
    private PersistenceDatabase _database = null!;
    private SqlOffsetStore _store = null!;
    private ulong _seqno;

    /// <summary>Boundaries that a row retains for a rollback.</summary>
    [Params(0, 64)]
    public int Boundaries { get; set; }

    /// <summary>A database with all vbuckets taken over.</summary>
    [GlobalSetup]
    public async Task OpenAsync()
    {
        _file = new SqliteFile();
        _database = new PersistenceDatabase(
            new PersistenceOptions(PersistenceProvider.Sqlite, _file.ConnectionString), TimeProvider.System, NullLogger.Instance);
        await new PersistenceSchema(_database, NullLogger.Instance).EnsureAsync(CancellationToken.None);
        _store = new SqlOffsetStore(_database);
        await _store.TakeOverAsync(Group, [.. Enumerable.Range(0, VBuckets).Select(VBucketId.From)], "member", CancellationToken.None);
    }

    /// <summary>Saves the positions of all vbuckets.</summary>
    [Benchmark(OperationsPerInvoke = VBuckets)]
    public async Task Save()
    {
        var boundaries = RetainedBoundaries.From(Enumerable.Range(1, Boundaries).Select(At));
        _seqno++;
        _updates.Clear();
        for (var vbucket = 0; vbucket < VBuckets; vbucket++)
            _updates.Add(new OffsetUpdate(VBucketId.From(vbucket), Epoch, StreamOffset.Boundary(new VBucketUuid(7), new Seqno(_seqno + 1_000_000)), boundaries));
        var fenced = await _store.SaveAsync(Group, _updates, CancellationToken.None);
        if (fenced.Count > 0)
            throw new InvalidOperationException($"{fenced.Count} vbuckets are fenced");
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _database.Dispose();
        _file.Delete();
        GC.SuppressFinalize(this);
    }

    private static RetainedBoundary At(int number) =>
        new(new VBucketUuid(7), new Seqno((ulong)number * 1000), DateTimeOffset.UnixEpoch.AddSeconds(number));
}
