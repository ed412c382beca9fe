namespace ActorDcp.Producer.Buckets;

/// <summary>
/// The changes of a vbucket in seqno order. Guarded by the vbucket; slices taken from it may be walked without a lock,
/// because arrays are only ever appended to or replaced.
/// </summary>
internal sealed class ItemLog
{
    private StoredItem[] _items = [];

    public int Count { get; private set; }

    public ReadOnlySpan<StoredItem> Items => _items.AsSpan(0, Count);

    public void Append(StoredItem item)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, Math.Max(16, Count * 2));
        _items[Count++] = item;
    }

    /// <summary>The changes with <c>from &lt;= seqno &lt;= to</c>, superseded ones included.</summary>
    public LogSlice Slice(ulong from, ulong to) => new(_items, IndexOf(from), to == ulong.MaxValue ? Count : IndexOf(to + 1), to, to);

    /// <summary>Keeps only some changes, in a new array.</summary>
    public void Rebuild(Func<StoredItem, bool> keep)
    {
        var kept = new List<StoredItem>(Count / 2);
        foreach (var item in Items)
            if (keep(item))
                kept.Add(item);
        _items = [.. kept];
        Count = _items.Length;
    }

    private int IndexOf(ulong seqno)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_items[middle].Seqno < seqno)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
