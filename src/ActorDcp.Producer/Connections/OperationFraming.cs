using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>What the framing extras of a data operation ask for (dcp-reference.md 1.4).</summary>
internal readonly record struct OperationFraming(bool PreserveExpiry, DurabilityLevel? Durability, TimeSpan? DurabilityTimeout)
{
    /// <summary>Reads them, after <see cref="FramingCheck"/> has let them through.</summary>
    public static Status TryRead(in Frame frame, ConnectionFeatures features, out OperationFraming framing)
    {
        framing = default;
        var status = Status.Success;
        for (var extras = frame.FramingExtras; status == Status.Success && !extras.IsEmpty;)
        {
            // no entry that was let through has an id or a length that needs a byte of its own
            int id = extras[0] >> 4, length = extras[0] & 0x0f;
            status = ReadEntry((RequestFramingId)id, extras.Slice(1, length), features, ref framing);
            extras = extras[(1 + length)..];
        }
        return status;
    }

    private static Status ReadEntry(RequestFramingId id, ReadOnlySpan<byte> data, ConnectionFeatures features, ref OperationFraming framing)
    {
        switch (id)
        {
            case RequestFramingId.Barrier:
                return Status.Success;
            case RequestFramingId.Durability:
                var status = SyncWriteRequest.TryRead(data, out var level, out var timeout);
                framing = framing with { Durability = level, DurabilityTimeout = timeout };
                return status;
            case RequestFramingId.PreserveTtl when features.Has(HelloFeature.PreserveTtl):
                framing = framing with { PreserveExpiry = true };
                return Status.Success;
            default:
                return Status.UnknownFrameInfo;
        }
    }
}
