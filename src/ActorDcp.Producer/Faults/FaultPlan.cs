using ActorDcp.Protocol;

namespace ActorDcp.Producer.Faults;

/// <summary>The faults that a node has been asked for through <see cref="NodeFaults"/>. Safe to use from any thread.</summary>
internal sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly List<PlannedAnswer> _answers = [];
    private readonly List<long> _cuts = [];
    private MarkerDeath? _death;
    private volatile bool _stalled;
    private volatile bool _anyAnswers;
    private volatile bool _anyCuts;
    private volatile bool _anyDeath;
    private volatile bool _dropsNoops;
    private long _noopDelay;
    private long _diskDelay;
    private TaskCompletionSource _diskChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsStalled
    {
        get => _stalled;
        set => _stalled = value;
    }

    public bool DropsNoops
    {
        get => _dropsNoops;
        set => _dropsNoops = value;
    }

    /// <summary>By how much no-ops come later than they should.</summary>
    public TimeSpan NoopDelay
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _noopDelay));
        set => Volatile.Write(ref _noopDelay, value.Ticks);
    }

    /// <summary>How long each write to disk, and each read from it, waits before it is done.</summary>
    public TimeSpan DiskDelay
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _diskDelay));
        set
        {
            Volatile.Write(ref _diskDelay, value.Ticks);
            Interlocked.Exchange(ref _diskChanged, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    /// <summary>Waits as long as the disk takes; when it is made faster or slower meanwhile, as long as that.</summary>
    public async Task WaitForDiskAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            // first the signal: a change in between is then seen at once
            var changed = Volatile.Read(ref _diskChanged).Task;
            var left = DiskDelay - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
                return;
            try
            {
                await changed.WaitAsync(left, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return;
            }
        }
    }

    public void AnswerNext(Status status, int count, Opcode? opcode)
    {
        lock (_gate)
        {
            _answers.Add(new PlannedAnswer { Status = status, Opcode = opcode, Left = count });
            _anyAnswers = true;
        }
    }

    public bool TryTakeAnswer(Opcode opcode, out Status status)
    {
        status = Status.Success;
        if (!_anyAnswers)
            return false;
        lock (_gate)
        {
            var planned = _answers.Find(answer => answer.Opcode is null || answer.Opcode == opcode);
            if (planned is null)
                return false;
            status = planned.Status;
            if (--planned.Left <= 0)
                _answers.Remove(planned);
            _anyAnswers = _answers.Count > 0;
            return true;
        }
    }

    public void CutConnections(long afterBytes, int connections)
    {
        lock (_gate)
        {
            _cuts.AddRange(Enumerable.Repeat(afterBytes, connections));
            _anyCuts = true;
        }
    }

    /// <summary>Gives a cut to the connection that asks for it; null when none is planned.</summary>
    public long? TakeCut()
    {
        if (!_anyCuts)
            return null;
        lock (_gate)
        {
            if (_cuts.Count == 0)
                return null;
            var bytes = _cuts[0];
            _cuts.RemoveAt(0);
            _anyCuts = _cuts.Count > 0;
            return bytes;
        }
    }

    public void DieAfterMarker(VBucketId? vbucket)
    {
        lock (_gate)
        {
            _death = new MarkerDeath(vbucket);
            _anyDeath = true;
        }
    }

    /// <summary>Whether the marker just written is the last thing the node does.</summary>
    public bool TakeDeath(VBucketId vbucket)
    {
        if (!_anyDeath)
            return false;
        lock (_gate)
        {
            if (_death is not { } death || (death.VBucket is { } wanted && wanted != vbucket))
                return false;
            _death = null;
            _anyDeath = false;
            return true;
        }
    }

    public NodeFaultsReport Report()
    {
        lock (_gate)
            return new NodeFaultsReport
            {
                IsStalled = _stalled,
                DropsNoops = _dropsNoops,
                NoopDelay = NoopDelay,
                DiskDelay = DiskDelay,
                AnswersLeft = _answers.Sum(answer => answer.Left),
                CutsLeft = _cuts.Count,
                DiesAfterMarker = _death is not null,
            };
    }

    public void Clear()
    {
        lock (_gate)
        {
            _answers.Clear();
            _cuts.Clear();
            _death = null;
            _anyAnswers = _anyCuts = _anyDeath = _stalled = _dropsNoops = false;
            NoopDelay = DiskDelay = TimeSpan.Zero;
        }
    }

    private sealed class PlannedAnswer
    {
        public required Status Status { get; init; }

        public required Opcode? Opcode { get; init; }

        public required int Left { get; set; }
    }

    private sealed record MarkerDeath(VBucketId? VBucket);
}
