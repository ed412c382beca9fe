using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>What happens to vbuckets, and faults.</summary>
internal sealed partial class ClusterHistory
{
    private const int MostCollections = 4;

    private Task PassTime()
    {
        _clock.Advance(TimeSpan.FromSeconds(_random.Next(1, 20)));
        Producer.Bucket.RunExpiryPager();
        return Task.CompletedTask;
    }

    private Task PurgeOrCompact()
    {
        var history = AnyHistory();
        if (ActiveOf(history.Id) is { } active)
        {
            if (_random.Next(2) == 0)
                active.Compact();
            else
                Note($"purged {active.PurgeTombstones((ulong)_random.NextInt64((long)active.HighSeqno + 1))} of {history.Id}");
        }
        return Task.CompletedTask;
    }

    private Task Expel()
    {
        var node = Running[_random.Next(Running.Length)];
        if (node.Bucket.TryFind(AnyHistory().Id) is { } copy)
        {
            if (_random.Next(2) == 0)
                copy.ExpelCheckpoints();
            else
                copy.ExpelBehindCursors();
        }
        return Task.CompletedTask;
    }

    /// <summary>A branch begins by request, with some loss.</summary>
    private Task LoseNewest()
    {
        var history = AnyHistory();
        if (ActiveOf(history.Id) is not { } active)
            return Task.CompletedTask;
        Refresh(history);
        var before = active.FailoverLog.NewestUuid;
        try
        {
            Producer.LoseNewest(history.Id, _random.Next(6));
        }
        catch (InvalidOperationException)
        {
            // what was replaced is compacted away
            return Task.CompletedTask;
        }
        Assert.NotEqual(before, active.FailoverLog.NewestUuid);
        var from = active.FailoverLog.Entries[0].Seqno.Value;
        Note($"lost above {from} of {history.Id}");
        KeepPromises(history, promise => promise.Seqno <= from);
        history.Follow(active, Now, BranchRule.Begins);
        return Task.CompletedTask;
    }

    private Task StallOrResume()
    {
        var node = Running[_random.Next(Running.Length)];
        if (node.Faults.Report.IsStalled)
            node.ResumeDelivery();
        else
            node.StallDelivery();
        Note($"{(node.Faults.Report.IsStalled ? "stalled" : "resumed")} {node.Id}");
        return Task.CompletedTask;
    }

    private Task CutConnections()
    {
        var node = Running[_random.Next(Running.Length)];
        if (_random.Next(4) == 0)
            node.DropConnections();
        else
            node.Faults.CutConnections(_random.Next(2_000), _random.Next(1, 3));
        Note($"cut connections of {node.Id}");
        return Task.CompletedTask;
    }

    private Task ChangeCollections()
    {
        var all = Producer.Bucket.Collections;
        if (_collections.Count > 1 && (_collections.Count == MostCollections || _random.Next(2) == 0))
        {
            var index = _random.Next(1, _collections.Count);
            var dropped = all.Current.Scopes.SelectMany(scope => scope.Collections.Select(collection => (Scope: scope.Name, collection)))
                .Single(one => one.collection.Id == _collections[index]);
            all.DropCollection(dropped.Scope, dropped.collection.Name);
            _collections.RemoveAt(index);
            Note($"dropped collection {dropped.collection.Id}");
        }
        else
        {
            var name = $"c{_step}";
            all.CreateCollection("", name);
            _collections.Add(all.Current.Scopes.SelectMany(scope => scope.Collections).Single(collection => collection.Name == name).Id);
            Note($"created collection {_collections[^1]}");
        }
        foreach (var history in _histories)
            Refresh(history);
        return Task.CompletedTask;
    }

    private static void KeepPromises(VBucketHistory history, Func<DurablePromise, bool> isKept)
    {
        foreach (var key in history.Promises.Where(pair => !isKept(pair.Value)).Select(pair => pair.Key).ToList())
            history.Promises.Remove(key);
    }
}
