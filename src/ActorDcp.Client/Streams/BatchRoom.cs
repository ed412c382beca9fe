namespace ActorDcp.Client;

/// <summary>Room for the decoded events of a batch and for the runs of snapshots among them. Owned by one lease at a time.</summary>
internal sealed class BatchRoom(int events)
{
    private SnapshotRun[] _runs = new SnapshotRun[1];

    /// <summary>The events, as many as fit.</summary>
    internal DcpEvent[] Events { get; } = new DcpEvent[events];

    /// <summary>The runs; the first <see cref="RunCount"/> of the array.</summary>
    internal SnapshotRun[] Runs => _runs;

    internal int RunCount { get; private set; }

    internal void AddRun(in SnapshotRun run)
    {
        if (RunCount == _runs.Length)
            Array.Resize(ref _runs, RunCount * 2);
        _runs[RunCount++] = run;
    }

    /// <summary>Lets go of what the first events and all runs refer to.</summary>
    internal void Clear(int eventCount)
    {
        Array.Clear(Events, 0, eventCount);
        Array.Clear(_runs, 0, RunCount);
        RunCount = 0;
    }
}
