namespace ActorDcp.Producer.Buckets;

/// <summary>
/// The checkpoints of a vbucket that are in memory, the last one open, and the cursors in them (dcp-reference.md 5.4).
/// They are boundaries over the log: closed checkpoints merge when they get too many, those behind all cursors are dropped, and when
/// too many remain, slow cursors are: their readers, and those that come later, read from disk. Guarded by the vbucket.
/// </summary>
internal sealed class CheckpointList
{
    private readonly List<Checkpoint> _checkpoints = [];
    private readonly List<CheckpointCursor> _cursors = [];
    private readonly ItemLog _log;
    private readonly int _maxItems;
    private readonly int _maxClosed;
    private ulong _expelledThrough;

    public CheckpointList(ItemLog log, int maxItems, int maxClosed, ulong highSeqno = 0)
    {
        _log = log;
        _maxItems = maxItems;
        _maxClosed = maxClosed;
        _checkpoints.Add(new Checkpoint(highSeqno, highSeqno + 1));
    }

    public Checkpoint Open => _checkpoints[^1];

    public int ClosedCount => _checkpoints.Count - 1;

    /// <summary>Lowest seqno that can be read from memory.</summary>
    public ulong FirstSeqno => Math.Max(_checkpoints[0].FirstSeqno, _expelledThrough + 1);

    public bool Contains(ulong seqno) => seqno >= FirstSeqno && seqno <= Open.LastSeqno;

    /// <summary>Takes note of a change, after closing the open checkpoint if that is full.</summary>
    public void Append(ulong seqno, ulong supersededSeqno)
    {
        if (Open.ItemCount >= _maxItems)
            CloseOpen(seqno);
        AppendReceived(seqno, supersededSeqno);
    }

    /// <summary>Takes note of a change that a replica received: markers say where its checkpoints end.</summary>
    public void AppendReceived(ulong seqno, ulong supersededSeqno)
    {
        Open.LastSeqno = seqno;
        if (supersededSeqno < Open.FirstSeqno)
            Open.ItemCount++;
    }

    /// <summary>The high seqno moved without a change.</summary>
    public void Advance(ulong seqno) => Open.LastSeqno = seqno;

    /// <summary>Closes the open checkpoint and begins the next.</summary>
    public void CloseOpen(ulong nextSeqno) => Begin(new Checkpoint(nextSeqno, nextSeqno));

    /// <summary>Begins the checkpoint that a received marker announces, in place of the open one if that is unused.</summary>
    public void OpenReceived(ulong snapshotStart, ulong nextSeqno, bool isDisk)
    {
        if (Open.LastSeqno < Open.FirstSeqno)
            _checkpoints.RemoveAt(_checkpoints.Count - 1);
        Begin(new Checkpoint(snapshotStart, nextSeqno, isDisk));
    }

    /// <summary>The checkpoint that holds a seqno which is in memory.</summary>
    public Checkpoint Find(ulong seqno)
    {
        foreach (var checkpoint in _checkpoints)
            if (seqno <= checkpoint.LastSeqno)
                return checkpoint;
        return Open;
    }

    /// <summary>Whether two seqnos lie in one checkpoint of this list, or before it.</summary>
    public bool AreTogether(ulong older, ulong newer) =>
        older < FirstSeqno || newer < FirstSeqno || newer <= Find(older).LastSeqno;

    /// <summary>Whether some reader was promised a snapshot, of which it has a part, that shows a change and not the one that replaced it.</summary>
    public bool IsPromised(ulong seqno, ulong replacedAt)
    {
        foreach (var cursor in _cursors)
            if (cursor.PromisedEnd > cursor.Position && seqno > cursor.Position && seqno <= cursor.PromisedEnd && replacedAt > cursor.PromisedEnd)
                return true;
        return false;
    }

    public CheckpointCursor Register(ulong position, bool droppable)
    {
        var cursor = new CheckpointCursor(position, droppable);
        _cursors.Add(cursor);
        return cursor;
    }

    public void Remove(CheckpointCursor cursor) => _cursors.Remove(cursor);

    /// <summary>Expels closed checkpoints that are persisted and that nobody needs, or that are too many.</summary>
    public void Expel(ulong persistedSeqno)
    {
        while (ClosedCount > 0 && _checkpoints[0].LastSeqno <= persistedSeqno)
        {
            var last = _checkpoints[0].LastSeqno;
            var tooMany = ClosedCount > _maxClosed;
            foreach (var cursor in _cursors)
                if (!cursor.Dropped && cursor.Position < last && !(tooMany && cursor.Droppable))
                    return;
            foreach (var cursor in _cursors)
                cursor.Dropped |= cursor.Position < last;
            _checkpoints.RemoveAt(0);
        }
    }

    /// <summary>Expels every change, of the open checkpoint too, that is persisted and behind all cursors. Drops no cursor.</summary>
    public void ExpelBehindCursors(ulong persistedSeqno)
    {
        var through = persistedSeqno;
        foreach (var cursor in _cursors)
            if (!cursor.Dropped)
                through = Math.Min(through, cursor.Position);
        while (ClosedCount > 0 && _checkpoints[0].LastSeqno <= through)
            _checkpoints.RemoveAt(0);
        _expelledThrough = Math.Max(_expelledThrough, Math.Min(through, Open.LastSeqno));
    }

    /// <summary>Forgets all checkpoints: what is there can be read from disk only.</summary>
    public void Restart(ulong highSeqno)
    {
        _checkpoints.Clear();
        _checkpoints.Add(new Checkpoint(highSeqno, highSeqno + 1));
        _expelledThrough = 0;
        foreach (var cursor in _cursors)
            cursor.Dropped |= cursor.Position < highSeqno;
    }

    private void Begin(Checkpoint checkpoint)
    {
        while (ClosedCount >= _maxClosed && TryMergeNewest())
        {
        }
        _checkpoints.Add(checkpoint);
    }

    /// <summary>Makes one of the newest two, the open one being about to close, if what then stays of them fits into one.</summary>
    private bool TryMergeNewest()
    {
        var (older, newer) = (_checkpoints[^2], _checkpoints[^1]);
        if (older.IsDisk != newer.IsDisk)
            return false;
        var count = newer.ItemCount;
        var slice = _log.Slice(older.FirstSeqno, older.LastSeqno) with { SnapshotEnd = newer.LastSeqno };
        for (var index = slice.From; slice.TryFindFrom(ref index); index++)
            if (++count > _maxItems)
                return false;
        _checkpoints.RemoveRange(_checkpoints.Count - 2, 2);
        _checkpoints.Add(new Checkpoint(older.SnapshotStart, older.FirstSeqno, older.IsDisk) { LastSeqno = newer.LastSeqno, ItemCount = count });
        return true;
    }
}
