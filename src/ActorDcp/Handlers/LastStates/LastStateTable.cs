namespace ActorDcp.Handlers.LastStates;

/// <summary>
/// The last state of each document of one vbucket, with what it takes to go back. Changes that are not newer than what is known
/// have no effect, so redelivery does no harm. Not thread-safe.
/// </summary>
internal sealed class LastStateTable
{
    /// <summary>Changes that can be undone, by default. Older ones can only be rebuilt from the beginning.</summary>
    public const int DefaultUndoLimit = 100_000;

    private readonly record struct Undo(Seqno Seqno, DocumentKey Key, LastState? Before);

    private readonly int _undoLimit;
    private readonly Dictionary<DocumentKey, LastState> _states = [];
    private List<Undo> _undo = [];
    private Seqno _undoFloor;

    /// <summary>Makes an empty table.</summary>
    public LastStateTable(int undoLimit = DefaultUndoLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(undoLimit, 2);
        _undoLimit = undoLimit;
    }

    /// <summary>All documents known, removed ones included.</summary>
    public IReadOnlyDictionary<DocumentKey, LastState> States => _states;

    /// <summary>A document changed.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Apply(DocumentKey key, LastState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var before = _states.GetValueOrDefault(key);
        if (before is not null && before.Seqno >= state.Seqno)
            return false;
        Remember(new Undo(state.Seqno, key, before));
        _states[key] = state;
        return true;
    }

    /// <summary>A collection was dropped or flushed: its documents go without deletions of their own.</summary>
    public void RemoveCollection(uint collectionId, Seqno seqno)
    {
        var gone = _states.Where(entry => entry.Key.CollectionId == collectionId && !entry.Value.Removed).ToList();
        foreach (var (key, _) in gone)
            Apply(key, new LastState(seqno, 0, Removed: true, default));
    }

    /// <summary>Takes back every change above a seqno.</summary>
    /// <exception cref="InvalidOperationException">What the changes replaced is no longer kept: rebuild from the beginning.</exception>
    public void GoBackTo(Seqno seqno)
    {
        if (seqno == Seqno.Zero)
        {
            _states.Clear();
            _undo.Clear();
            _undoFloor = Seqno.Zero;
            return;
        }
        if (seqno < _undoFloor)
            throw new InvalidOperationException($"changes at or below {_undoFloor} can no longer be undone; rewind to the beginning");
        var kept = new List<Undo>();
        // changes of one document were applied in ascending order, so undoing backwards ends at the right one
        for (var i = _undo.Count - 1; i >= 0; i--)
        {
            var undo = _undo[i];
            if (undo.Seqno <= seqno)
                kept.Add(undo);
            else if (undo.Before is { } before)
                _states[undo.Key] = before;
            else
                _states.Remove(undo.Key);
        }
        kept.Reverse();
        _undo = kept;
    }

    private void Remember(Undo undo)
    {
        if (_undo.Count == _undoLimit)
        {
            var dropped = _undoLimit / 2;
            foreach (var old in _undo.Take(dropped))
                _undoFloor = Seqno.Larger(_undoFloor, old.Seqno);
            _undo.RemoveRange(0, dropped);
        }
        _undo.Add(undo);
    }
}
