using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SyncWrites;

/// <summary>
/// A client's wish that one write be durable. The write's own caller and whoever completes it later may come in either order;
/// the answer is sent by the second of them.
/// </summary>
/// <param name="level">What must have happened.</param>
/// <param name="timeout">After which the write is given up; null for <see cref="DefaultTimeout"/>.</param>
/// <param name="answer">Given the outcome and what the operation answers besides it. Called at most once, by any thread, under no lock.</param>
internal sealed class SyncWriteRequest(DurabilityLevel level, TimeSpan? timeout, Action<DocumentOutcome, byte[]> answer)
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);
    private const ushort ReservedTimeout = ushort.MaxValue;
    private readonly Lock _gate = new();
    private DocumentOutcome? _outcome;
    private byte[]? _value;

    public DurabilityLevel Level { get; } = level;

    public TimeSpan Timeout { get; } = timeout ?? DefaultTimeout;

    /// <summary>Reads the data of a durability entry: u8 level, optional u16 milliseconds (dcp-reference.md 1.4).</summary>
    public static Status TryRead(ReadOnlySpan<byte> data, out DurabilityLevel level, out TimeSpan? timeout)
    {
        level = default;
        timeout = null;
        if (data.Length is not (1 or 3))
            return Status.InvalidArguments;
        level = (DurabilityLevel)data[0];
        if (level is not (DurabilityLevel.Majority or DurabilityLevel.MajorityAndPersistActive or DurabilityLevel.PersistMajority))
            return Status.DurabilityInvalidLevel;
        if (data.Length == 1)
            return Status.Success;
        var milliseconds = BinaryPrimitives.ReadUInt16BigEndian(data[1..]);
        if (milliseconds is 0 or ReservedTimeout)
            return Status.InvalidArguments;
        timeout = TimeSpan.FromMilliseconds(milliseconds);
        return Status.Success;
    }

    /// <summary>The operation is prepared, and will answer this value when it is done.</summary>
    public void Prepared(ReadOnlySpan<byte> value)
    {
        DocumentOutcome outcome;
        lock (_gate)
        {
            _value = value.ToArray();
            if (_outcome is null)
                return;
            outcome = _outcome.Value;
        }
        answer(outcome, _value);
    }

    /// <summary>The write is committed, or given up.</summary>
    public void Complete(DocumentOutcome outcome)
    {
        lock (_gate)
        {
            _outcome = outcome;
            if (_value is null)
                return;
        }
        answer(outcome, _value);
    }
}
