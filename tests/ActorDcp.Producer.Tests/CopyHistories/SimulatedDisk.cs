using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.CopyHistories;

/// <summary>A store of one vbucket that writes when it is told to, and what a start after a crash finds in it.</summary>
internal sealed class SimulatedDisk
{
    private readonly SortedDictionary<ulong, StoredItem> _items = [];
    private StoredVBucket? _facts;

    /// <summary>Writes what is new; returns the seqno up to which everything is on disk.</summary>
    public ulong Write(VBucket vbucket)
    {
        var batch = vbucket.TakeUnpersisted();
        if (batch.TruncatedTo is { } seqno)
            foreach (var lost in _items.Keys.Where(at => at > seqno).ToList())
                _items.Remove(lost);
        foreach (var obsolete in batch.Obsolete)
            _items.Remove(obsolete);
        for (var index = batch.Slice.From; batch.Slice.TryFindFrom(ref index); index++)
            _items[batch.Slice.Items[index].Seqno] = Copy(batch.Slice.Items[index]);
        _facts = batch.Facts;
        vbucket.MarkPersisted(batch);
        return batch.Facts.HighSeqno;
    }

    /// <summary>What is live on disk.</summary>
    public SortedDictionary<string, ulong> State()
    {
        var state = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var item in _items.Values)
            if (item.Kind == ItemKind.Mutation)
                state[KeyOf(item)] = item.Seqno;
        return state;
    }

    /// <summary>A start after a crash: an active vbucket begins a branch (dcp-reference.md 5.3). Null if nothing was written yet.</summary>
    public VBucket? Restart(BucketSettings settings)
    {
        if (_facts is null)
            return null;
        var facts = _facts;
        if (facts.State == VBucketState.Active)
        {
            var table = new FailoverTable(facts.FailoverLog.Entries);
            table.Branch(facts.HighSeqno);
            facts = facts with { FailoverLog = table.ToLog() };
        }
        return new VBucket(facts.Id, settings, facts with { Items = [.. _items.Values.Select(Copy)] }, _ => { });
    }

    public static StoredItem Copy(StoredItem item) => StoredItem.Create(item.Key, item.Value,
        new ItemMetadata(item.Seqno, item.Cas, item.Rev, item.Flags, item.Expiry, item.Datatype, item.Kind));

    public static string KeyOf(StoredItem item) => System.Text.Encoding.UTF8.GetString(item.Key[1..]);
}
