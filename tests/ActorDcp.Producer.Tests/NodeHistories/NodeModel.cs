using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.NodeHistories;

/// <summary>What a vbucket must hold, told by the simplest means: every change of its branch, and which tombstones were purged.</summary>
internal sealed class NodeModel
{
    private readonly List<Change> _changes = [];
    private readonly HashSet<ulong> _purged = [];

    public ulong HighSeqno => (ulong)_changes.Count;

    /// <summary>Seqnos at which branches began, newest first.</summary>
    public List<ulong> Branches { get; } = [0];

    public void Set(string key, string value, uint expiry, uint now)
    {
        ExpireIfDue(key, now);
        Add(new Change(key, RecordedChangeType.Mutation, value, expiry));
    }

    /// <summary>False when there is nothing to delete.</summary>
    public bool Delete(string key, uint now)
    {
        ExpireIfDue(key, now);
        if (Newest(key) is not { Type: RecordedChangeType.Mutation })
            return false;
        Add(new Change(key, RecordedChangeType.Deletion, "", now));
        return true;
    }

    public int Expire(uint now)
    {
        var due = Visible(HighSeqno).Where(change => change.Value.IsDue(now)).Select(change => change.Value.Key).ToList();
        foreach (var key in due)
            ExpireIfDue(key, now);
        return due.Count;
    }

    public int Purge(ulong through)
    {
        var doomed = Visible(HighSeqno)
            .Where(change => change.Value.Type != RecordedChangeType.Mutation && change.Key <= through && change.Key != HighSeqno).Select(change => change.Key).ToList();
        _purged.UnionWith(doomed);
        return doomed.Count;
    }

    /// <summary>Loses what is above a seqno; whether a branch begins there is another matter.</summary>
    public void Truncate(ulong seqno)
    {
        _changes.RemoveRange((int)seqno, _changes.Count - (int)seqno);
        _purged.RemoveWhere(purged => purged > seqno);
    }

    public void Branch(ulong seqno)
    {
        Branches.RemoveAll(branch => branch > seqno);
        Branches.Insert(0, seqno);
        if (Branches.Count > 25)
            Branches.RemoveAt(25);
    }

    /// <summary>The newest change of each key, purged ones left out, as text in seqno order.</summary>
    public IEnumerable<string> Describe() => Visible(HighSeqno).Select(change => $"{change.Key} {change.Value}");

    private SortedDictionary<ulong, Change> Visible(ulong seqno)
    {
        var newest = new Dictionary<string, ulong>();
        for (var at = 1ul; at <= seqno; at++)
            newest[_changes[(int)at - 1].Key] = at;
        return new SortedDictionary<ulong, Change>(newest.Values.Where(at => !_purged.Contains(at)).ToDictionary(at => at, at => _changes[(int)at - 1]));
    }

    private Change? Newest(string key) => _changes.FindLast(change => change.Key == key);

    private void ExpireIfDue(string key, uint now)
    {
        if (Newest(key) is { } newest && newest.IsDue(now))
            Add(new Change(key, RecordedChangeType.Expiration, "", now));
    }

    private void Add(Change change) => _changes.Add(change);

    private sealed record Change(string Key, RecordedChangeType Type, string Value, uint Expiry)
    {
        public bool IsDue(uint now) => Type == RecordedChangeType.Mutation && Expiry != 0 && Expiry <= now;

        public override string ToString() => $"{Type} {Key} {Value} {Expiry}";
    }
}
