using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Faults asked for through <see cref="EmbeddedProducer"/>. Safe to use from any thread.</summary>
internal sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly List<PlannedAnswer> _answers = [];
    private volatile bool _stalled;
    private volatile bool _any;

    public bool IsStalled
    {
        get => _stalled;
        set => _stalled = value;
    }

    public void AnswerNext(Status status, int count, Opcode? opcode)
    {
        lock (_gate)
        {
            _answers.Add(new PlannedAnswer { Status = status, Opcode = opcode, Left = count });
            _any = true;
        }
    }

    public bool TryTakeAnswer(Opcode opcode, out Status status)
    {
        status = Status.Success;
        if (!_any)
            return false;
        lock (_gate)
        {
            var planned = _answers.Find(answer => answer.Opcode is null || answer.Opcode == opcode);
            if (planned is null)
                return false;
            status = planned.Status;
            if (--planned.Left <= 0)
                _answers.Remove(planned);
            _any = _answers.Count > 0;
            return true;
        }
    }

    private sealed class PlannedAnswer
    {
        public required Status Status { get; init; }

        public required Opcode? Opcode { get; init; }

        public required int Left { get; set; }
    }
}
