using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>
/// What one vbucket must be, told by the answers that clients got: its branches, and which durable writes must survive. What the
/// cluster does by itself (expiries, commits of writes in doubt, collection events) is taken over once it is explained.
/// </summary>
internal sealed class VBucketHistory
{
    private readonly Dictionary<ulong, Branch> _branches = [];
    private readonly List<(string Key, string? Value)> _unanswered = [];
    private readonly HashSet<(string Key, string? Value)> _sent = [];
    private Branch? _current;

    public VBucketId Id { get; init; }

    public Branch Current => _current!;

    public ulong HighSeqno => Current.HighSeqno;

    public Dictionary<string, DurablePromise> Promises { get; } = [];

    public Branch? TryFind(ulong uuid) => _branches.GetValueOrDefault(uuid);

    /// <summary>A request is on its way: whether it is done is known when it is answered, or never.</summary>
    public void Send(string key, string? value)
    {
        _unanswered.Add((key, value));
        _sent.Add((key, value));
        Promises.GetValueOrDefault(key)?.Allow(value);
    }

    /// <summary>Whether a write of a key was not answered, or with doubt.</summary>
    public bool IsUnanswered(string key) => _unanswered.Any(request => request.Key == key);

    /// <summary>It was done or refused for sure.</summary>
    public void Settle(string key, string? value) => _unanswered.Remove((key, value));

    /// <summary>Everybody has everything: nothing that was not answered comes any more.</summary>
    public void ForgetUnanswered() => _unanswered.Clear();

    /// <summary>Takes over what the active copy has come to, and checks that it may.</summary>
    /// <param name="copy">The active copy.</param>
    /// <param name="now">Unix seconds.</param>
    /// <param name="rule">What may happen to the branch.</param>
    /// <param name="floor">Seqno below which nothing may be lost where a branch begins.</param>
    public void Follow(VBucket copy, uint now, BranchRule rule = BranchRule.Stays, ulong floor = 0)
    {
        // what happens meanwhile is looked at the next time
        var log = copy.FailoverLog.Entries.Select(entry => (entry.Uuid.Value, entry.Seqno.Value)).ToList();
        if (_current is null || rule == BranchRule.Anew)
            Begin(copy, log, now);
        else if (log[0].Item1 == Current.Uuid)
            GoOn(copy, log, now, rule);
        else
            BranchOff(copy, log, now, rule, floor);
    }

    /// <summary>Learns of a change from a copy that was quicker than the look which found it replaced; false when there can have been none.</summary>
    public bool TryLearn(Branch branch, Change change) => _sent.Contains((change.Key, change.Value)) && branch.TryInsert(change);

    /// <summary>The document under a key; null for none.</summary>
    public Change? Live(string key) => Current.State.GetValueOrDefault(key);

    /// <summary>What a copy shows must be the state at the end of the current branch.</summary>
    public void CheckDocuments(VBucket copy, string who)
    {
        var found = copy.LogAfter(0).Where(item => item.IsDocument).GroupBy(KeyOf).Select(versions => versions.Last())
            .Where(item => item.Kind == ItemKind.Mutation && item.SupersededAt == 0).Select(item => Read(item)).ToDictionary(change => change.Key);
        foreach (var (key, change) in Current.State)
            if (!found.Remove(key, out var there) || !there.IsSameAs(change))
                throw new HistoryException($"{who} has {there?.ToString() ?? $"no {key}"} instead of {change}");
        if (found.Count > 0)
            throw new HistoryException($"{who} has {found.Values.First()}, which is no more");
    }

    public static Change Read(StoredItem item)
    {
        var prepared = item is SyncWriteItem { Kind: not ItemKind.Prepare } step ? step.PreparedSeqno : 0;
        var value = Encoding.UTF8.GetString(DocumentValue.Inflate(item.Value, item.Datatype));
        return item.Kind switch
        {
            ItemKind.Mutation => new Change(item.Seqno, ChangeKind.Stored, KeyOf(item), value, item.Expiry, prepared),
            ItemKind.Deletion or ItemKind.Expiration => new Change(item.Seqno, ChangeKind.Removed, KeyOf(item), Prepared: prepared),
            ItemKind.Prepare => new Change(item.Seqno, ChangeKind.Prepared, KeyOf(item), ((SyncWriteItem)item).PreparesDeletion ? null : value),
            ItemKind.Abort => new Change(item.Seqno, ChangeKind.Aborted, KeyOf(item), Prepared: prepared),
            _ => Read(SystemEventRecord.Read(item), item.Seqno),
        };
    }

    public override string ToString() =>
        $"vbucket {Id}: high {HighSeqno}, log {string.Join(' ', Current.Log.Select(entry => $"({entry.Uuid:x},{entry.Seqno})"))}; {Current.Describe(12)}; unanswered {string.Join(' ', _unanswered)}";

    private static Change Read(SystemEventRecord told, ulong seqno) => new(
        seqno, told.Kind == CollectionEventKind.CollectionEnd ? ChangeKind.Dropped : ChangeKind.Told, $"{told.CollectionId}");

    private static string KeyOf(StoredItem item)
    {
        Protocol.Leb128.TryRead(item.Key, out var collection, out var prefix);
        return $"{collection}:{Encoding.UTF8.GetString(item.Key[prefix..])}";
    }

    private void Begin(VBucket copy, List<(ulong Uuid, ulong Seqno)> log, uint now)
    {
        if (log is not [{ Seqno: 0 }] || _branches.ContainsKey(log[0].Uuid))
            throw new HistoryException($"a vbucket that begins anew has the log {Show(log)}");
        _current = _branches[log[0].Uuid] = new Branch(log[0].Uuid, null, 0);
        Promises.Clear();
        TakeOver(copy, now, Current);
    }

    private void GoOn(VBucket copy, List<(ulong Uuid, ulong Seqno)> log, uint now, BranchRule rule)
    {
        if (rule == BranchRule.Begins)
            throw new HistoryException($"no branch began: the log is {Show(log)}");
        if (!log.SequenceEqual(Current.Log))
            throw new HistoryException($"the log is {Show(log)} and not {Show(Current.Log)}");
        if (copy.HighSeqno < HighSeqno)
            throw new HistoryException($"it is at seqno {copy.HighSeqno} and was at {HighSeqno}");
        TakeOver(copy, now, Current);
    }

    private void BranchOff(VBucket copy, List<(ulong Uuid, ulong Seqno)> log, uint now, BranchRule rule, ulong floor)
    {
        var (uuid, from) = log[0];
        if (rule != BranchRule.Begins || _branches.ContainsKey(uuid))
            throw new HistoryException($"a branch began that may not: {Show(log)} after {Show(Current.Log)}");
        if (from < floor)
            throw new HistoryException($"the branch begins at seqno {from} though all was there up to {floor}: {Show(log)}");
        // all is lost, and the log was so full that it did not reach back to the beginning any more
        if (log is [{ Seqno: 0 }] && Current.Log[^1].Seqno > 0)
        {
            _current = _branches[uuid] = new Branch(uuid, null, 0);
            TakeOver(copy, now, Current);
            return;
        }
        // a copy that was never fed has a branch of its own, of nothing
        if (log is [{ Seqno: 0 }, { Seqno: 0 }] && TryFind(log[1].Uuid) is null)
            _branches[log[1].Uuid] = new Branch(log[1].Uuid, null, 0);
        if (log.Count < 2 || TryFind(log[1].Uuid) is not { } parent)
            throw new HistoryException($"the log {Show(log)} comes from no branch that is known");
        // what nobody was answered, but this copy was sent before its sender was lost
        TakeOver(copy, now, parent, through: from);
        // the log that the copy had before may have been full, and what was pushed out of it does not come back
        var left = Current.Lineage(parent).Append(parent).FirstOrDefault(branch => log.SequenceEqual(Branch.LogAfter(uuid, from, branch)));
        var branch = new Branch(uuid, parent, from, left);
        if (!log.SequenceEqual(branch.Log))
            throw new HistoryException($"the log is {Show(log)} and not {Show(branch.Log)}");
        CheckKept(copy, parent, from);
        _branches[uuid] = branch;
        _current = branch;
        TakeOver(copy, now, branch, old: parent);
    }

    /// <summary>Up to where the branch began nothing may be missing, but what later changes replaced.</summary>
    private static void CheckKept(VBucket copy, Branch parent, ulong from)
    {
        var newest = new Dictionary<string, Change>();
        var dropped = new Dictionary<string, ulong>();
        foreach (var change in copy.LogAfter(0).Select(Read))
        {
            if (change.Kind is ChangeKind.Stored or ChangeKind.Removed)
                newest[change.Key] = change;
            else if (change.Kind == ChangeKind.Dropped)
                dropped[change.Key] = change.Seqno;
            if (change.Seqno <= from && change.Kind == ChangeKind.Stored && parent.Find(change.Seqno) is { } known && !known.IsSameAs(change))
                throw new HistoryException($"{change} stands where {known} was");
        }
        foreach (var (key, change) in parent.StateAt(from))
            if ((!newest.TryGetValue(key, out var there) || there.Seqno < change.Seqno) && !dropped.ContainsKey(key[..key.IndexOf(':')]))
                throw new HistoryException($"{change} is lost, though the branch begins at {from}: there is {there?.ToString() ?? "nothing"}");
    }

    private void TakeOver(VBucket copy, uint now, Branch branch, Branch? old = null, ulong through = ulong.MaxValue)
    {
        foreach (var change in copy.LogAfter(branch.HighSeqno).Select(Read).TakeWhile(change => change.Seqno <= through))
        {
            if (old?.Find(change.Seqno)?.IsSameAs(change) != true)
                Explain(change, now, branch);
            branch.Add(change);
        }
        branch.EndLook();
    }

    private void Explain(Change change, uint now, Branch branch)
    {
        var isExplained = change.Kind switch
        {
            ChangeKind.Told or ChangeKind.Dropped => true,
            ChangeKind.Aborted => true,
            _ when _unanswered.Contains((change.Key, change.Value)) => true,
            ChangeKind.Removed when branch.State.GetValueOrDefault(change.Key)?.IsDue(now) == true => true,
            ChangeKind.Stored or ChangeKind.Removed when change.Prepared != 0 => !branch.IsCompleted(change.Prepared)
                && branch.Find(change.Prepared) is { Kind: ChangeKind.Prepared } prepare && (prepare.Key, prepare.Value) == (change.Key, change.Value),
            _ => false,
        };
        if (!isExplained)
            throw new HistoryException($"nobody asked for {change}");
        Promises.GetValueOrDefault(change.Key)?.Allow(change.Value);
        if (change.Kind == ChangeKind.Dropped)
            foreach (var key in Promises.Keys.Where(key => key.StartsWith($"{change.Key}:", StringComparison.Ordinal)).ToList())
                Promises.Remove(key);
    }

    private static string Show(IEnumerable<(ulong Uuid, ulong Seqno)> log) => string.Join(' ', log.Select(entry => $"({entry.Uuid:x},{entry.Seqno})"));
}
