namespace ActorDcp.Producer.Buckets;

/// <summary>
/// The checkpoints of a vbucket that are in memory, the last one open, and the cursors in them (dcp-reference.md 5.4).
/// They are boundaries over the log: a closed checkpoint behind all cursors, or one too many, is dropped, and readers that
/// come later read from disk. Guarded by the vbucket.
/// </summary>
internal sealed class CheckpointList
{
    private readonly List<Checkpoint> _checkpoints = [];
    private readonly List<CheckpointCursor> _cursors = [];
    private readonly int _maxItems;
    private readonly int _maxClosed;

    public CheckpointList(int maxItems, int maxClosed, ulong highSeqno = 0)
    {
        _maxItems = maxItems;
        _maxClosed = maxClosed;
        _checkpoints.Add(new Checkpoint(highSeqno, highSeqno + 1));
    }

    public Checkpoint Open => _checkpoints[^1];

    public int ClosedCount => _checkpoints.Count - 1;

    /// <summary>Lowest seqno that can be read from memory.</summary>
    public ulong FirstSeqno => _checkpoints[0].FirstSeqno;

    public bool Contains(ulong seqno) => seqno >= FirstSeqno && seqno <= Open.LastSeqno;

    /// <summary>Takes note of a change, after closing the open checkpoint if that is full.</summary>
    public void Append(ulong seqno, ulong supersededSeqno)
    {
        if (Open.ItemCount >= _maxItems)
            CloseOpen(seqno);
        Open.LastSeqno = seqno;
        if (supersededSeqno < Open.FirstSeqno)
            Open.ItemCount++;
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

    /// <summary>Begins the checkpoint that a received marker announces, in place of the open one if that is unused.</summary>
    public void OpenReceived(ulong snapshotStart, ulong nextSeqno, bool isDisk)
    {
        if (Open.LastSeqno < Open.FirstSeqno)
            _checkpoints.RemoveAt(_checkpoints.Count - 1);
        _checkpoints.Add(new Checkpoint(snapshotStart, nextSeqno, isDisk));
    }

    /// <summary>Closes the open checkpoint and begins the next.</summary>
    public void CloseOpen(ulong nextSeqno) => _checkpoints.Add(new Checkpoint(nextSeqno, nextSeqno));

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

    /// <summary>Forgets all checkpoints: what is there can be read from disk only.</summary>
    public void Restart(ulong highSeqno)
    {
        _checkpoints.Clear();
        _checkpoints.Add(new Checkpoint(highSeqno, highSeqno + 1));
        foreach (var cursor in _cursors)
            cursor.Dropped |= cursor.Position < highSeqno;
    }
}
