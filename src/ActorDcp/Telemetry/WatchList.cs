namespace ActorDcp.Telemetry;

/// <summary>What gauges read: added and removed seldom, read as a whole from any thread.</summary>
internal sealed class WatchList<T>
    where T : class
{
    private readonly Lock _lock = new();
    private readonly HashSet<Entry> _entries = [];
    private T[]? _items = [];

    /// <summary>All that is watched.</summary>
    public T[] Items
    {
        get
        {
            lock (_lock)
                return _items ??= [.. _entries.Select(entry => entry.Item)];
        }
    }

    /// <summary>Watches an item until the result is disposed.</summary>
    public IDisposable Add(T item)
    {
        var entry = new Entry(this, item);
        lock (_lock)
        {
            _entries.Add(entry);
            _items = null;
        }
        return entry;
    }

    private sealed class Entry(WatchList<T> list, T item) : IDisposable
    {
        public T Item { get; } = item;

        public void Dispose()
        {
            lock (list._lock)
            {
                if (list._entries.Remove(this))
                    list._items = null;
            }
        }
    }
}
