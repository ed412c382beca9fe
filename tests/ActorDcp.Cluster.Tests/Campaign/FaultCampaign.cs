using System.Collections.Concurrent;
using System.Globalization;
using ActorDcp.Cluster.Tests.Members;
using ActorDcp.Protocol;

namespace ActorDcp.Cluster.Tests.Campaign;

/// <summary>Carries a plan of faults out on a cluster under writes, mends everything, and waits until all is as if nothing had been.</summary>
internal sealed class FaultCampaign(TestCluster cluster, IReadOnlyList<PlannedFault> plan)
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _hit = [];
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _troubles = [];
    private readonly Dictionary<FaultKind, int> _done = [];
    private readonly SemaphoreSlim _network = new(1, 1);
    private readonly SemaphoreSlim _database = new(1, 1);
    private readonly SemaphoreSlim _nodes = new(1, 1);
    private readonly List<MemberProcess> _started = [];
    private readonly HashSet<MemberProcess> _ended = [];
    private readonly ConcurrentQueue<string> _journal = new();

    /// <summary>Faults that were carried out, by kind.</summary>
    public IReadOnlyDictionary<FaultKind, int> Done => _done;

    /// <summary>When each fault began and ended, a line each.</summary>
    public IReadOnlyCollection<string> Journal => _journal;

    /// <summary>When the database or Couchbase was in trouble, which everybody feels.</summary>
    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Troubles => _troubles;

    public async Task RunAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        var running = new List<Task>();
        foreach (var fault in plan)
        {
            await UntilAsync(began, fault.At);
            running.Add(RunAsync(fault));
        }
        await Task.WhenAll(running);
        // one that was hit again before it was ready never will be
        foreach (var member in _started.Where(member => !_ended.Contains(member)))
            await member.ReadyAsync();
        await cluster.EvenAsync();
    }

    private async Task RunAsync(PlannedFault fault)
    {
        var done = fault.Kind switch
        {
            FaultKind.Kill or FaultKind.Leave or FaultKind.Hang => await WithMemberAsync(fault, member => HitAsync(fault, member)),
            FaultKind.Part => await WithMemberAsync(fault, member => AloneAsync(_network, () => PartAsync(fault, member))),
            FaultKind.DatabaseCut => await WithMemberAsync(fault, member => AloneAsync(_database, () => CutDatabaseAsync(fault, member))),
            FaultKind.DatabaseDown or FaultKind.DatabaseSilent or FaultKind.DatabaseReset => await AloneAsync(_database, () => TroubleAsync(fault, DatabaseAsync)),
            _ => await AloneAsync(_nodes, () => TroubleAsync(fault, NodesAsync)),
        };
        if (!done)
            return;
        Note("is over", fault);
        lock (_lock)
            _done[fault.Kind] = _done.GetValueOrDefault(fault.Kind) + 1;
    }

    /// <summary>Hits a member that nothing else hits now; false when there is none.</summary>
    private async Task<bool> WithMemberAsync(PlannedFault fault, Func<MemberProcess, Task<bool>> hit)
    {
        MemberProcess member;
        lock (_lock)
        {
            var free = cluster.Running.Where(running => !_hit.Contains(running.Index)).ToList();
            if (free.Count == 0)
                return false;
            member = free[fault.Choice % free.Count];
            _hit.Add(member.Index);
        }
        Note($"hits member {member.Index}, process {member.Id}", fault);
        try
        {
            return await hit(member);
        }
        finally
        {
            lock (_lock)
                _hit.Remove(member.Index);
        }
    }

    private async Task<bool> HitAsync(PlannedFault fault, MemberProcess member)
    {
        if (fault.Kind == FaultKind.Hang)
        {
            cluster.MayRepeatAfter(member);
            await member.SuspendAsync();
            await LastAsync(fault);
            await member.ContinueAsync();
            return true;
        }
        lock (_lock)
            _ended.Add(member);
        if (fault.Kind == FaultKind.Kill)
            await cluster.KillAsync(member);
        else
            await LeaveAsync(member);
        await LastAsync(fault);
        // a first seed that starts while it is cut off would form a cluster of its own
        await AloneAsync(_network, () =>
        {
            var next = cluster.Start(member.Index);
            lock (_lock)
                _started.Add(next);
            return Task.FromResult(true);
        });
        return true;
    }

    private async Task LeaveAsync(MemberProcess member)
    {
        // with the database or the network away a drain cannot be saved, or not in time
        var disturbed = _database.CurrentCount == 0 || _network.CurrentCount == 0 || _hit.Count > 1;
        var code = await member.StopAsync();
        disturbed |= _database.CurrentCount == 0 || _network.CurrentCount == 0 || _hit.Count > 1;
        if (disturbed)
            cluster.MayRepeatAfter(member);
        Assert.True(code == 0 || (disturbed && code == 1), $"a member that left ended with {code}: {member.Error}");
    }

    private async Task<bool> PartAsync(PlannedFault fault, MemberProcess member)
    {
        cluster.MayRepeatAfter(member);
        cluster.Network.Part(member.Index);
        await LastAsync(fault);
        cluster.Network.Heal();
        return true;
    }

    private async Task<bool> CutDatabaseAsync(PlannedFault fault, MemberProcess member)
    {
        cluster.MayRepeatAfter(member);
        await cluster.DatabaseOf(member.Index).RefuseAsync();
        await LastAsync(fault);
        cluster.DatabaseOf(member.Index).Accept();
        return true;
    }

    private async Task<bool> DatabaseAsync(PlannedFault fault)
    {
        var relays = Enumerable.Range(0, cluster.Options.Members).Select(cluster.DatabaseOf).ToList();
        foreach (var member in cluster.Running)
            cluster.MayRepeatAfter(member);
        switch (fault.Kind)
        {
            case FaultKind.DatabaseDown:
                foreach (var relay in relays)
                    await relay.RefuseAsync();
                await LastAsync(fault);
                relays.ForEach(relay => relay.Accept());
                break;
            case FaultKind.DatabaseSilent:
                relays.ForEach(relay => relay.Hold(_ => true));
                await LastAsync(fault);
                relays.ForEach(relay => relay.Pass());
                break;
            default:
                relays.ForEach(relay => relay.Cut());
                break;
        }
        return true;
    }

    private async Task<bool> NodesAsync(PlannedFault fault)
    {
        var producer = cluster.Producer;
        var vbucket = VBucketId.From(fault.Choice % cluster.Options.VBuckets);
        var node = producer.Nodes[fault.Choice % producer.Nodes.Count];
        switch (fault.Kind)
        {
            case FaultKind.NodesReset:
                producer.DropConnections();
                break;
            case FaultKind.FrameCut:
                node.Faults.CutConnections(fault.Choice % 20_000, connections: 2);
                producer.DropConnections();
                break;
            case FaultKind.NodesSilent:
                producer.StallDelivery();
                await LastAsync(fault);
                producer.ResumeDelivery();
                break;
            case FaultKind.TemporaryFailures:
                producer.AnswerNext(Status.TemporaryFailure, 30);
                producer.DropConnections();
                break;
            case FaultKind.VBucketMoves when producer.Nodes.Count > 1:
                for (var i = 0; i < 8; i++)
                {
                    var moved = VBucketId.From((vbucket.Value + i) % cluster.Options.VBuckets);
                    var to = producer.Nodes.First(other => other != producer.ActiveNodeOf(moved));
                    await producer.MoveVBucketAsync(moved, to.Id);
                }
                break;
            case FaultKind.NodeCrash when producer.Nodes.Count > 1:
                await producer.StopNodeAsync(node.Id, clean: false);
                await LastAsync(fault);
                await producer.StartNodeAsync(node.Id);
                break;
            case FaultKind.Rollback:
                producer.LoseNewest(vbucket, 1 + fault.Choice % 7);
                break;
            default:
                return false;
        }
        return true;
    }

    private async Task<bool> TroubleAsync(PlannedFault fault, Func<PlannedFault, Task<bool>> make)
    {
        var from = DateTimeOffset.UtcNow;
        Note("begins", fault);
        var done = await make(fault);
        lock (_lock)
            _troubles.Add((from, DateTimeOffset.UtcNow));
        return done;
    }

    private void Note(string what, PlannedFault fault) => _journal.Enqueue(
        string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {fault.Kind} {what} (planned at {fault.At.TotalSeconds:0.0} s for {fault.Lasts.TotalSeconds:0.0} s)"));

    /// <summary>One of a sort at a time.</summary>
    private static async Task<bool> AloneAsync(SemaphoreSlim sort, Func<Task<bool>> fault)
    {
        await sort.WaitAsync();
        try
        {
            return await fault();
        }
        finally
        {
            sort.Release();
        }
    }

    private static Task LastAsync(PlannedFault fault) => UntilAsync(TimeProvider.System.GetTimestamp(), fault.Lasts);

    private static async Task UntilAsync(long began, TimeSpan at)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (TimeProvider.System.GetElapsedTime(began) < at)
            await timer.WaitForNextTickAsync();
    }
}
