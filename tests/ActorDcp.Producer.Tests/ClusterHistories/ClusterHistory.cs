using System.Globalization;
using System.Runtime.CompilerServices;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;
using ActorDcp.Producer.Topology;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>
/// A cluster of several nodes, its clients and what happens to it, by a seed. Each step draws from a generator of its own, so that
/// what a step does depends on the seed and its number only. Between the steps the model says what every vbucket must be.
/// </summary>
internal sealed partial class ClusterHistory : IAsyncDisposable
{
    private const int StepsBetweenChecks = 200;
    private const int MostNodes = 4;
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(50);
    private const int EventsShown = 40;
    private readonly int _seed;
    private readonly bool _losesAtTakeover;
    private readonly string? _directory;
    private readonly ManualClock _clock = new();
    private readonly EmbeddedProducerOptions _options;
    private readonly VBucketHistory[] _histories;
    private readonly List<ClusterReader> _readers = [];
    private readonly HistoryWriter _writer = new();
    private readonly ConditionalWeakTable<VBucket, BranchWatch> _watches = [];
    private readonly List<string> _events = [];
    private readonly HashSet<int> _crashed = [];
    private readonly HashSet<VBucketId> _nobodys = [];
    private EmbeddedProducer? _producer;
    private Random _random;
    private int _step;
    private string _doing = "";
    private int _values;

    /// <param name="seed">Chooses the cluster and all that happens to it.</param>
    /// <param name="directory">Where those seeds keep their data that have a folder.</param>
    /// <param name="losesAtTakeover">Plants a fault: whoever takes a vbucket over has lost its newest document, and says nothing.</param>
    public ClusterHistory(int seed, string directory, bool losesAtTakeover = false)
    {
        (_seed, _losesAtTakeover) = (seed, losesAtTakeover);
        _random = new Random(Scatter(seed, 0));
        _directory = _random.Next(3) > 0 ? directory : null;
        var vbuckets = 2 + _random.Next(3);
        _options = new EmbeddedProducerOptions
        {
            VBuckets = vbuckets,
            Nodes = 2 + _random.Next(3),
            Replicas = _random.Next(3),
            DataDirectory = _directory,
            Ephemeral = _directory is null && _random.Next(2) == 0,
            KeepHistory = _random.Next(4) == 0,
            CheckpointMaxItems = 2 + _random.Next(30),
            ExpiryPagerInterval = TimeSpan.FromDays(1),
            TimeProvider = _clock,
        };
        _histories = [.. Enumerable.Range(0, vbuckets).Select(number => new VBucketHistory { Id = VBucketId.From(number) })];
        foreach (var history in _histories)
            for (var number = 0; number < 3; number++)
                _readers.Add(new ClusterReader(history, number, () => Refresh(history), copy => _watches.GetValue(copy, seen => new BranchWatch(seen))) { Place = Math.Min(number, 1) });
    }

    /// <summary>What happened, for those who ask whether enough did.</summary>
    public Dictionary<string, int> Counts { get; } = [];

    private EmbeddedProducer Producer => _producer!;

    private ProducerCluster Cluster => Producer.Cluster;

    private uint Now => (uint)_clock.GetUtcNow().ToUnixTimeSeconds();

    public async Task RunAsync(int steps)
    {
        try
        {
            await StartAsync();
            for (_step = 1; _step <= steps; _step++)
            {
                _random = new Random(Scatter(_seed, _step));
                await Task.Run(StepAsync).WaitAsync(LongestStep);
                if (_step % StepsBetweenChecks == 0)
                    await Task.Run(CheckAsync).WaitAsync(LongestStep);
            }
            await CheckAsync().WaitAsync(LongestStep);
            Counts["compared"] = _readers.Sum(reader => reader.Compared);
            Counts["rollbacks"] = _readers.Sum(reader => reader.Rollbacks);
            Counts["branch changes under streams"] = _readers.Sum(reader => reader.BranchChanges);
            Counts["undecided"] = _readers.Sum(reader => reader.Undecided);
        }
        catch (Exception exception)
        {
            throw new HistoryException($"seed {_seed}, step {_step}, {_doing}: {exception.Message}\n{Describe()}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers)
            await reader.DisposeAsync();
        await _writer.DisposeAsync();
        if (_producer is not null)
            await _producer.CrashAsync();
    }

    private async Task StepAsync()
    {
        var at = _random.Next(1_000);
        _doing = $"event {at}";
        var step = at switch
        {
            < 560 => WriteAsync(),
            < 740 => ReadAsync(),
            < 790 => DisconnectAsync(),
            < 810 => PassTime(),
            < 830 => PurgeOrCompact(),
            < 845 => Expel(),
            < 855 => Producer.Bucket.FlushAsync(),
            < 858 => LoseNewest(),
            < 870 => StallOrResume(),
            < 880 => CutConnections(),
            < 900 => MoveAsync(),
            < 908 => FailOverAsync(),
            < 918 => AddOrRemoveAsync(),
            < 930 => StopAsync(),
            < 950 => StartStoppedAsync(),
            < 955 => RestartAsync(),
            < 965 => ChangeCollections(),
            < 970 => RebalanceAsync(),
            _ => WriteUnansweredAsync(),
        };
        await step;
    }

    private VBucketHistory AnyHistory() => _histories[_random.Next(_histories.Length)];

    private VBucket? ActiveOf(VBucketId vbucket) => Cluster.ActiveOf(vbucket);

    private ProducerNode[] Running => [.. Producer.Nodes.Where(node => node.IsRunning)];

    /// <summary>Takes over what the cluster did by itself, if the vbucket can be reached and is of the branch that is known.</summary>
    /// <returns>Whether it can be reached.</returns>
    private bool Refresh(VBucketHistory history)
    {
        if (ActiveOf(history.Id) is not { State: VBucketState.Active } copy)
            return false;
        history.Follow(copy, Now);
        return true;
    }

    /// <summary>Seeds that are near each other make sequences that are near each other; these are not.</summary>
    private static int Scatter(int seed, int step)
    {
        var mixed = unchecked(((ulong)(uint)seed << 32 | (uint)step) * 0x9e3779b97f4a7c15);
        mixed = unchecked((mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9);
        return (int)(mixed >> 33);
    }

    private void Note(string what)
    {
        _events.Add(string.Create(CultureInfo.InvariantCulture, $"{_step}: {what}"));
        if (_events.Count > EventsShown)
            _events.RemoveAt(0);
        var kind = what.Split(' ')[0];
        Counts[kind] = Counts.GetValueOrDefault(kind) + 1;
    }

    private async Task StartAsync()
    {
        _producer = await EmbeddedProducer.StartAsync(_options);
        // with many tombstones in sight a short history is compacted often
        foreach (var history in _histories)
            history.Follow(ActiveOf(history.Id)!, Now);
    }

    private string Describe()
    {
        var text = new System.Text.StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{_options.Nodes} nodes, {_options.Replicas} replicas, {(_directory is null ? "memory" : "disk")}{(_options.Ephemeral ? ", ephemeral" : "")}{(_options.KeepHistory ? ", history" : "")}, checkpoints of {_options.CheckpointMaxItems}");
        foreach (var line in _events)
            text.AppendLine(line);
        foreach (var history in _histories)
        {
            text.AppendLine(history.ToString());
            foreach (var node in _producer?.Nodes ?? [])
                if (node.Bucket.TryFind(history.Id) is { } copy)
                    text.AppendLine(CultureInfo.InvariantCulture, $"  node {node.Id}{(node.IsRunning ? "" : " stopped")} {copy.State} high {copy.HighSeqno} persisted {copy.PersistedSeqno} purge {copy.PurgeSeqno} log {copy.FailoverLog}");
        }
        foreach (var reader in _readers)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {reader}");
        return text.ToString();
    }
}
