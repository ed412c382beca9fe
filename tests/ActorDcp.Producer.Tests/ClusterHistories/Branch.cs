namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>A branch of a vbucket's history: what it shares with the one it came from, and what followed.</summary>
internal sealed class Branch
{
    private const int ChangesBetweenMarks = 64;
    private const int LongestLog = 25;
    private readonly Branch? _parent;
    private readonly List<Change> _changes = [];
    private readonly List<Dictionary<string, Change>> _marks = [];
    private readonly Dictionary<ulong, ulong> _completed = [];
    private readonly List<ulong> _looks = [];

    /// <param name="uuid">Names it.</param>
    /// <param name="parent">The branch that it came from.</param>
    /// <param name="from">Where it left that.</param>
    /// <param name="left">The branch of which the copy had the log, where it went back over several; their oldest entries may be gone.</param>
    public Branch(ulong uuid, Branch? parent, ulong from, Branch? left = null)
    {
        (Uuid, _parent, From, HighSeqno) = (uuid, parent, from, from);
        State = parent is null ? [] : parent.StateAt(from);
        _marks.Add(new(State));
        Log = LogAfter(uuid, from, left ?? parent);
    }

    public ulong Uuid { get; }

    /// <summary>Up to and with this seqno it is as its parent is.</summary>
    public ulong From { get; }

    public ulong HighSeqno { get; private set; }

    /// <summary>The failover log that a vbucket on this branch has (dcp-reference.md 5.3).</summary>
    public List<(ulong Uuid, ulong Seqno)> Log { get; }

    /// <summary>The newest change of each key that has a document.</summary>
    public Dictionary<string, Change> State { get; }

    /// <summary>This branch and those that it came from, up to and with one of them.</summary>
    public IEnumerable<Branch> Lineage(Branch last) => this == last || _parent is null ? [this] : [this, .. _parent.Lineage(last)];

    /// <summary>The log of a branch that begins on a copy of this one.</summary>
    public static List<(ulong Uuid, ulong Seqno)> LogAfter(ulong uuid, ulong from, Branch? left) =>
        [(uuid, from), .. (left?.Log ?? []).Where(entry => entry.Seqno <= from).Take(LongestLog - 1)];

    public void Add(Change change)
    {
        if (change.Seqno <= HighSeqno)
            throw new HistoryException($"{change} comes after seqno {HighSeqno}");
        EndPrepares(change);
        _changes.Add(change);
        HighSeqno = change.Seqno;
        if (change.Prepared != 0)
            _completed[change.Prepared] = change.Seqno;
        Apply(State, change);
        if (_changes.Count % ChangesBetweenMarks == 0)
            _marks.Add(new(State));
    }

    /// <summary>A copy was looked at that has everything up to here, but not what was replaced before it was compacted or fed.</summary>
    public void EndLook()
    {
        if (_looks.Count == 0 || _looks[^1] < HighSeqno)
            _looks.Add(HighSeqno);
    }

    /// <summary>Takes in what was made and replaced between two looks; false when nothing replaced it.</summary>
    public bool TryInsert(Change change)
    {
        if (change.Seqno <= From)
            return _parent?.TryInsert(change) == true;
        var at = IndexBehind(change.Seqno);
        var look = _looks.Find(end => end >= change.Seqno);
        if (!_changes.Skip(at).TakeWhile(later => later.Seqno <= look).Any(later => later.Kind is ChangeKind.Stored or ChangeKind.Removed && later.Key == change.Key))
            return false;
        _changes.Insert(at, change);
        MarkFrom(at);
        return true;
    }

    private void MarkFrom(int index)
    {
        _marks.RemoveRange(index / ChangesBetweenMarks + 1, _marks.Count - index / ChangesBetweenMarks - 1);
        var state = new Dictionary<string, Change>(_marks[^1]);
        for (var next = (_marks.Count - 1) * ChangesBetweenMarks; next < _changes.Count; next++)
        {
            Apply(state, _changes[next]);
            if ((next + 1) % ChangesBetweenMarks == 0)
                _marks.Add(new(state));
        }
    }

    public Change? Find(ulong seqno)
    {
        if (seqno <= From)
            return _parent?.Find(seqno);
        var index = IndexBehind(seqno) - 1;
        return index >= 0 && _changes[index].Seqno == seqno ? _changes[index] : null;
    }

    /// <summary>Whether a prepare is committed or aborted up to a seqno.</summary>
    public bool IsCompleted(ulong prepared, ulong upTo = ulong.MaxValue) =>
        (_completed.TryGetValue(prepared, out var at) && at <= upTo) || _parent?.IsCompleted(prepared, Math.Min(From, upTo)) == true;

    /// <summary>With its collection a prepare ends, and with the next of its key at the latest.</summary>
    private void EndPrepares(Change change)
    {
        if (change.Kind is not (ChangeKind.Prepared or ChangeKind.Dropped))
            return;
        foreach (var prepare in Prepares(HighSeqno))
            if ((change.Kind == ChangeKind.Prepared ? prepare.Key == change.Key : prepare.Key.StartsWith($"{change.Key}:", StringComparison.Ordinal))
                && !IsCompleted(prepare.Seqno))
                _completed[prepare.Seqno] = change.Seqno;
    }

    private IEnumerable<Change> Prepares(ulong upTo) => [
        .. _parent?.Prepares(Math.Min(From, upTo)) ?? [],
        .. _changes.Where(change => change.Kind == ChangeKind.Prepared && change.Seqno <= upTo)];

    public Dictionary<string, Change> StateAt(ulong seqno)
    {
        if (seqno < From)
            return _parent?.StateAt(seqno) ?? [];
        var end = IndexBehind(seqno);
        var mark = end / ChangesBetweenMarks;
        var state = new Dictionary<string, Change>(_marks[mark]);
        for (var index = mark * ChangesBetweenMarks; index < end; index++)
            Apply(state, _changes[index]);
        return state;
    }

    /// <summary>Up to where it is as one that it came from; null when it did not.</summary>
    public ulong? SharedWith(Branch older) =>
        _parent is null ? null
        : _parent == older ? From
        : _parent.SharedWith(older) is { } shared ? Math.Min(From, shared)
        : null;

    public string Describe(int last) => $"{Uuid:x} from {From}: {string.Join(", ", _changes.TakeLast(last))}";

    private static void Apply(Dictionary<string, Change> state, Change change)
    {
        switch (change.Kind)
        {
            case ChangeKind.Stored:
                state[change.Key] = change;
                break;
            case ChangeKind.Removed:
                state.Remove(change.Key);
                break;
            case ChangeKind.Dropped:
                foreach (var key in state.Keys.Where(key => key.StartsWith($"{change.Key}:", StringComparison.Ordinal)).ToList())
                    state.Remove(key);
                break;
        }
    }

    private int IndexBehind(ulong seqno)
    {
        int low = 0, high = _changes.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_changes[middle].Seqno <= seqno)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
