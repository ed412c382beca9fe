namespace ActorDcp.Producer.Tests.CopyHistories;

/// <summary>What a vbucket must be, kept the simplest way: every change in order. A document's value is the seqno that wrote it.</summary>
internal sealed class CopyModel
{
    private readonly List<(ulong Seqno, string Key, bool IsLive)> _changes = [];

    public ulong HighSeqno { get; private set; }

    public void Add(ulong seqno, string key, bool isLive)
    {
        _changes.Add((seqno, key, isLive));
        HighSeqno = seqno;
    }

    public void TruncateTo(ulong seqno)
    {
        _changes.RemoveAll(change => change.Seqno > seqno);
        HighSeqno = seqno;
    }

    /// <summary>The high seqno of a copy that has come further than its last change.</summary>
    public void AdvanceTo(ulong seqno) => HighSeqno = seqno;

    /// <summary>What a copy is that becomes active: up to a seqno as here, from there on what it had been sent.</summary>
    public CopyModel UpToThen(ulong seqno, CopyModel received)
    {
        var model = new CopyModel();
        model._changes.AddRange(_changes.Where(change => change.Seqno <= seqno));
        model._changes.AddRange(received._changes.Where(change => change.Seqno > seqno));
        model.HighSeqno = received.HighSeqno;
        return model;
    }

    public SortedDictionary<string, ulong> StateAt(ulong seqno)
    {
        var state = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var change in _changes)
        {
            if (change.Seqno > seqno)
                break;
            if (change.IsLive)
                state[change.Key] = change.Seqno;
            else
                state.Remove(change.Key);
        }
        return state;
    }

    public static string Show(SortedDictionary<string, ulong> state) => string.Join(' ', state.Select(pair => $"{pair.Key}@{pair.Value}"));
}
