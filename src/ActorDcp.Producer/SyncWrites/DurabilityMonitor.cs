using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.SyncWrites;

/// <summary>
/// The prepares of a vbucket that are under way, and which node of its chain has acknowledged up to where. Prepares are committed
/// in the order in which they were made. Guarded by the vbucket.
/// </summary>
internal sealed class DurabilityMonitor
{
    /// <summary>What a vbucket's chain is until it is told another.</summary>
    public const string OnlyNode = "n_0";

    private readonly SortedList<ulong, PendingSyncWrite> _pending = [];
    private readonly Dictionary<string, ulong> _acknowledged = [];
    private string?[] _chain = [OnlyNode];

    /// <summary>Read without the vbucket's lock to leave vbuckets alone that have none.</summary>
    public int Count => _pending.Count;

    /// <summary>The vbucket's nodes by name, the active first; null for a replica that is configured but not there.</summary>
    public IReadOnlyList<string?> Chain => _chain;

    /// <summary>Whether so many nodes are there as a majority needs.</summary>
    public bool MajorityIsThere => _chain.Count(name => name is not null) >= Majority;

    /// <summary>Highest prepare that is as durable here as its level asks of this node (dcp-reference.md 5.2).</summary>
    public ulong HighPreparedSeqno { get; private set; }

    /// <summary>Highest prepare that was committed or aborted.</summary>
    public ulong HighCompletedSeqno { get; private set; }

    public IEnumerable<PendingSyncWrite> Pending => _pending.Values;

    private int Majority => _chain.Length / 2 + 1;

    public void SetChain(IReadOnlyList<string?> chain) => _chain = chain.Count > 0 ? [.. chain] : [OnlyNode];

    public void Add(PendingSyncWrite pending) => _pending[pending.Prepare.Seqno] = pending;

    public PendingSyncWrite? Find(ulong preparedSeqno) => _pending.GetValueOrDefault(preparedSeqno);

    /// <summary>Takes a prepare out that is committed or aborted.</summary>
    public PendingSyncWrite? Complete(ulong preparedSeqno)
    {
        HighCompletedSeqno = Math.Max(HighCompletedSeqno, preparedSeqno);
        HighPreparedSeqno = Math.Max(HighPreparedSeqno, preparedSeqno);
        return _pending.Remove(preparedSeqno, out var pending) ? pending : null;
    }

    /// <summary>Forgets everything but the chain.</summary>
    public void Clear()
    {
        _pending.Clear();
        _acknowledged.Clear();
        HighPreparedSeqno = HighCompletedSeqno = 0;
    }

    /// <summary>A node has every prepare up to a seqno as durable as its level asks.</summary>
    public void Acknowledge(string node, ulong seqno) =>
        _acknowledged[node] = Math.Max(_acknowledged.GetValueOrDefault(node), seqno);

    /// <summary>Nobody who is waiting waits any longer; the prepares stay.</summary>
    public List<SyncWriteRequest> Orphan(bool maybeVisible)
    {
        var orphaned = new List<SyncWriteRequest>();
        foreach (var (seqno, pending) in _pending.ToArray())
        {
            if (pending.Request is not null)
                orphaned.Add(pending.Request);
            _pending[seqno] = pending with { Request = null, Deadline = null, MaybeVisible = maybeVisible };
        }
        return orphaned;
    }

    /// <summary>Moves the high prepared seqno over the prepares that this node has done its part for.</summary>
    /// <param name="received">Seqno up to which whole snapshots are there; all of them on the active.</param>
    /// <param name="persisted">Seqno up to which they are durable here.</param>
    /// <param name="isActive">Whether level 2 asks this node to persist.</param>
    public void Advance(ulong received, ulong persisted, bool isActive)
    {
        foreach (var (seqno, pending) in _pending)
        {
            var mustPersist = pending.Prepare.Level == DurabilityLevel.PersistMajority
                || (isActive && pending.Prepare.Level == DurabilityLevel.MajorityAndPersistActive);
            if (seqno > received || (mustPersist && seqno > persisted))
                return;
            HighPreparedSeqno = Math.Max(HighPreparedSeqno, seqno);
        }
    }

    /// <summary>The oldest prepare, if enough nodes have done their part for it.</summary>
    public PendingSyncWrite? FindSatisfied()
    {
        if (_pending.Count == 0)
            return null;
        var oldest = _pending.Values[0];
        var seqno = oldest.Prepare.Seqno;
        if (seqno > HighPreparedSeqno)
            return null;
        // the active's part is done, so it counts
        var done = 1;
        for (var i = 1; i < _chain.Length; i++)
            if (_chain[i] is { } name && _acknowledged.GetValueOrDefault(name) >= seqno)
                done++;
        return done >= Majority ? oldest : null;
    }
}
