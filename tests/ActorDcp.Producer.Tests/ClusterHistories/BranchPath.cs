namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>The branches of a copy in turn, while nothing was lost in it and its streams stayed open. Grows; safe to use from any thread.</summary>
internal sealed class BranchPath
{
    private readonly Lock _gate = new();
    private readonly List<(ulong Uuid, ulong From)> _steps = [];

    /// <param name="uuid">Of the branch that the copy is on from now.</param>
    /// <param name="highSeqno">What it has by then; only what comes after that is of this branch alone.</param>
    public void Add(ulong uuid, ulong highSeqno)
    {
        lock (_gate)
            if (_steps.Count == 0 || _steps[^1].Uuid != uuid)
                _steps.Add((uuid, highSeqno));
    }

    /// <summary>Where a branch stands first; -1 for one that the copy never had.</summary>
    public int IndexOf(ulong uuid)
    {
        lock (_gate)
            return _steps.FindIndex(step => step.Uuid == uuid);
    }

    /// <summary>The branch after a place, if a seqno is beyond what the copy had when it came to it; null when it is not.</summary>
    public (ulong Uuid, ulong From)? Next(int place, ulong seqno)
    {
        lock (_gate)
            return place + 1 < _steps.Count && seqno > _steps[place + 1].From ? _steps[place + 1] : null;
    }

    public override string ToString()
    {
        lock (_gate)
            return string.Join(" -> ", _steps.Select(step => $"{step.Uuid:x} from {step.From}"));
    }
}
