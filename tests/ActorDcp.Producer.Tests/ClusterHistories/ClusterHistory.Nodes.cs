using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>What happens to nodes.</summary>
internal sealed partial class ClusterHistory
{
    private bool _isMoving;

    private async Task MoveAsync()
    {
        var history = AnyHistory();
        if (ActiveOf(history.Id) is null)
            return;
        EndFaults();
        var to = Running[_random.Next(Running.Length)];
        Note($"move {history.Id} from {Producer.ActiveNodeOf(history.Id)?.Id} to {to.Id}");
        Refresh(history);
        if (_random.Next(2) == 0)
            await Producer.MoveVBucketAsync(history.Id, to.Id);
        else
            await UnderWritesAsync(Producer.MoveVBucketAsync(history.Id, to.Id), history);
        if (_losesAtTakeover && ActiveOf(history.Id)!.LogAfter(0).LastOrDefault(item => item.Kind == ItemKind.Mutation && item.SupersededAt == 0) is { } newest)
            newest.SupersededAt = newest.Seqno;
        FollowAll(BranchRule.Stays);
    }

    private async Task UnderWritesAsync(Task change, VBucketHistory history)
    {
        _isMoving = true;
        for (var i = 0; i < 30 && !change.IsCompleted; i++)
            await DoAsync(Draw(history));
        await change;
        _isMoving = false;
    }

    private async Task RebalanceAsync()
    {
        EndFaults();
        Note("rebalance");
        await Producer.RebalanceAsync();
        FollowAll(BranchRule.Stays);
    }

    private async Task AddOrRemoveAsync()
    {
        EndFaults();
        FollowAll(BranchRule.Stays);
        if (Producer.Nodes.Count < MostNodes && _random.Next(2) == 0)
        {
            var added = await Producer.AddNodeAsync();
            Note($"added {added.Id}");
            if (_random.Next(2) == 0)
                await RebalanceAsync();
            return;
        }
        var running = Running;
        if (running.Length < 2 || Producer.Nodes.Count <= 2)
            return;
        var leaving = running[_random.Next(running.Length)];
        Note($"remove {leaving.Id}");
        await _writer.ForgetAsync(leaving);
        await Producer.RemoveNodeAsync(leaving.Id);
        FollowAll(BranchRule.Stays);
    }

    private async Task FailOverAsync()
    {
        if (Producer.Nodes.Count < 2)
            return;
        var lost = Producer.Nodes[_random.Next(Producer.Nodes.Count)];
        if (Running.All(node => node == lost))
            return;
        var isQuiet = _random.Next(2) == 0;
        if (isQuiet)
        {
            EndFaults();
            await Producer.WaitForReplicasAsync();
        }
        FollowAll(BranchRule.Stays);
        if (lost.IsRunning && !isQuiet)
            foreach (var history in _histories.Where(history => Producer.ActiveNodeOf(history.Id) == lost))
                await SendSomeAsync(history, lost);
        var before = _histories.Where(history => Producer.ActiveNodeOf(history.Id) == lost).Select(history => (history, LookAtReplicas(history, lost))).ToList();
        Note($"failover of {lost.Id}{(isQuiet ? ", all fed" : "")}{(lost.IsRunning ? "" : ", stopped")}");
        await _writer.ForgetAsync(lost);
        await Producer.FailOverNodeAsync(lost.Id);
        _crashed.Remove(lost.Id);
        foreach (var (history, (floor, isKept)) in before)
        {
            if (ActiveOf(history.Id) is not { } active)
            {
                _nobodys.Add(history.Id);
                continue;
            }
            KeepPromises(history, isKept);
            history.Follow(active, Now, BranchRule.Begins, floor);
        }
    }

    /// <summary>What of a vbucket survives the loss of its active copy, by what its replicas had before.</summary>
    private (ulong Floor, Func<DurablePromise, bool> IsKept) LookAtReplicas(VBucketHistory history, ProducerNode lost)
    {
        var copies = Producer.NodesOf(history.Id).Skip(1).Where(node => node is { IsRunning: true } && node != lost)
            .Select(node => node!.Bucket.TryFind(history.Id)).OfType<VBucket>().ToList();
        var current = copies.Where(copy => copy.Uuid.Value == history.Current.Uuid).Select(copy => (copy.HighSeqno, Prepared: copy.PreparedToAcknowledge)).ToList();
        return (copies.Count == 0 ? 0 : copies.Min(copy => copy.PromotionSeqno),
            promise => current.Any(copy => copy.HighSeqno >= promise.Seqno || copy.Prepared >= promise.Seqno - 1));
    }

    private async Task StopAsync()
    {
        var running = Running;
        if (running.Length < 2)
            return;
        var node = running[_random.Next(running.Length)];
        var clean = _random.Next(2) == 0;
        FollowAll(BranchRule.Stays);
        Note($"stop {node.Id} {(clean ? "cleanly" : "as by a crash")}");
        if (!clean)
            await PrepareCrashAsync(node);
        await _writer.ForgetAsync(node);
        await Producer.StopNodeAsync(node.Id, clean);
        if (!clean)
            _crashed.Add(node.Id);
    }

    private readonly Dictionary<VBucketId, ulong> _floors = [];

    /// <summary>Requests under way, and what is on disk by then: that must survive.</summary>
    private async Task PrepareCrashAsync(ProducerNode node)
    {
        foreach (var history in _histories.Where(history => Producer.ActiveNodeOf(history.Id) == node))
        {
            var persisted = ActiveOf(history.Id)!.PersistedSeqno;
            _floors[history.Id] = persisted;
            if (_directory is not null)
                KeepPromises(history, promise => promise.Level > 1 || promise.Seqno <= persisted);
            await SendSomeAsync(history, node);
        }
    }

    private async Task StartStoppedAsync()
    {
        foreach (var node in Producer.Nodes.Where(node => !node.IsRunning).ToList())
        {
            Note($"start {node.Id}");
            await Producer.StartNodeAsync(node.Id);
            FollowStarted(node);
        }
    }

    private void FollowStarted(ProducerNode node)
    {
        foreach (var history in _histories.Where(history => Producer.ActiveNodeOf(history.Id) == node))
        {
            var rule = _options.Ephemeral ? BranchRule.Anew
                : _directory is not null && _crashed.Contains(node.Id) ? BranchRule.Begins
                : BranchRule.Stays;
            history.Follow(ActiveOf(history.Id)!, Now, rule, _floors.GetValueOrDefault(history.Id));
        }
        _crashed.Remove(node.Id);
    }

    private async Task RestartAsync()
    {
        if (_directory is null)
            return;
        FollowAll(BranchRule.Stays);
        var clean = _random.Next(2) == 0;
        Note($"restart {(clean ? "cleanly" : "as by a crash")}");
        foreach (var reader in _readers)
            await reader.DisconnectAsync();
        if (!clean)
            foreach (var node in Running)
            {
                await PrepareCrashAsync(node);
                _crashed.Add(node.Id);
            }
        await _writer.DisposeAsync();
        if (clean)
            await Producer.DisposeAsync();
        else
            await Producer.CrashAsync();
        _producer = await EmbeddedProducer.StartAsync(_options);
        foreach (var node in Producer.Nodes)
            FollowStarted(node);
    }

    private void EndFaults()
    {
        foreach (var node in Producer.Nodes)
            node.Faults.Clear();
    }

    private void FollowAll(BranchRule rule)
    {
        foreach (var history in _histories)
        {
            if (ActiveOf(history.Id) is not { } active)
                continue;
            history.Follow(active, Now, _nobodys.Remove(history.Id) ? BranchRule.Anew : rule);
        }
    }

    /// <summary>Everything runs and has come to rest: all copies and readers must have what the model says.</summary>
    private async Task CheckAsync()
    {
        EndFaults();
        await _writer.SettleAsync();
        await StartStoppedAsync();
        await RebalanceAsync();
        await Producer.WaitForReplicasAsync();
        foreach (var history in _histories)
        {
            var active = ActiveOf(history.Id)!;
            if (Producer.NodesOf(history.Id).All(node => node is not null))
                await UntilAsync(() => !active.HasPendingSyncWrites, $"durable writes of {history.Id} to end");
        }
        await Producer.WaitForReplicasAsync();
        FollowAll(BranchRule.Stays);
        foreach (var history in _histories)
            await CheckAtRestAsync(history);
        Note("checked all");
    }

    /// <summary>Writes that nobody waits for may still come: then it is looked at again.</summary>
    private async Task CheckAtRestAsync(VBucketHistory history)
    {
        for (var left = 20; ; left--)
        {
            await Producer.WaitForReplicasAsync();
            FollowAll(BranchRule.Stays);
            try
            {
                await CheckAsync(history);
                return;
            }
            catch (HistoryException) when (left > 0 && ActiveOf(history.Id)!.HighSeqno != history.HighSeqno)
            {
                // it moved on
            }
        }
    }

    private async Task CheckAsync(VBucketHistory history)
    {
        var active = ActiveOf(history.Id)!;
        var isSettled = !active.HasPendingSyncWrites;
        foreach (var node in Producer.NodesOf(history.Id).OfType<ProducerNode>())
        {
            var copy = node.Bucket.Find(history.Id);
            if (!copy.FailoverLog.Equals(active.FailoverLog) || copy.HighSeqno != active.HighSeqno)
                throw new HistoryException($"the copy of {history.Id} on {node} is at {copy.HighSeqno} of {copy.FailoverLog}");
            history.CheckDocuments(copy, $"the copy of {history.Id} on {node}");
        }
        if (isSettled)
            foreach (var (key, promise) in history.Promises)
                if (!promise.IsKeptBy(history.Live(key)?.Value))
                    throw new HistoryException($"{key} is {history.Live(key)?.ToString() ?? "gone"} though a durable write was answered: {promise}");
        if (isSettled)
            history.ForgetUnanswered();
        foreach (var reader in _readers.Where(reader => reader.History == history))
            await CatchUpAsync(reader);
    }

    private async Task CatchUpAsync(ClusterReader reader)
    {
        var target = ActiveOf(reader.History.Id)!.MaxVisibleSeqno;
        var since = TimeProvider.System.GetTimestamp();
        while (reader.Position < target || reader.Node is null)
        {
            if (TimeProvider.System.GetElapsedTime(since) > Nodes.Copies.Deadline)
                throw new HistoryException($"{reader} does not come to {target}");
            var copies = Producer.NodesOf(reader.History.Id);
            await reader.ReadAsync((reader.Place < copies.Count ? copies[reader.Place] : null) ?? copies[0]!, target);
        }
    }

    private static Task UntilAsync(Func<bool> condition, string what) => Nodes.Copies.UntilAsync(condition, what);
}
