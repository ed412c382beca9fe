using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>What the framing extras of a data operation ask for (dcp-reference.md 1.4).</summary>
internal readonly record struct OperationFraming(bool PreserveExpiry, DurabilityLevel? Durability, TimeSpan? DurabilityTimeout)
{
    private const int LongFormNibble = 15;

    /// <summary>Reads them. What an operation of this kind cannot have is refused.</summary>
    public static Status TryRead(in Frame frame, ConnectionFeatures features, out OperationFraming framing)
    {
        framing = default;
        var extras = frame.FramingExtras;
        while (!extras.IsEmpty)
        {
            int id = extras[0] >> 4, length = extras[0] & 0x0f;
            if (id == LongFormNibble)
                return Status.UnknownFrameInfo;
            if (length == LongFormNibble || extras.Length < 1 + length)
                return Status.InvalidArguments;
            var status = ReadEntry((RequestFramingId)id, extras.Slice(1, length), frame.Header.Opcode, features, ref framing);
            if (status != Status.Success)
                return status;
            extras = extras[(1 + length)..];
        }
        return Status.Success;
    }

    private static Status ReadEntry(
        RequestFramingId id, ReadOnlySpan<byte> data, Opcode opcode, ConnectionFeatures features, ref OperationFraming framing)
    {
        switch (id)
        {
            case RequestFramingId.Barrier when data.IsEmpty:
                return Status.Success;
            case RequestFramingId.Durability:
                var status = SyncWriteRequest.TryRead(data, out var level, out var timeout);
                if (status == Status.Success && !CanBeDurable(opcode))
                    status = Status.InvalidArguments;
                framing = framing with { Durability = level, DurabilityTimeout = timeout };
                return status;
            case RequestFramingId.PreserveTtl when data.IsEmpty && features.Has(HelloFeature.PreserveTtl):
                framing = framing with { PreserveExpiry = true };
                return Status.Success;
            default:
                return Status.UnknownFrameInfo;
        }
    }

    private static bool CanBeDurable(Opcode opcode) => opcode switch
    {
        Opcode.Set or Opcode.Add or Opcode.Replace or Opcode.Delete or Opcode.Increment or Opcode.Decrement
            or Opcode.Append or Opcode.Prepend => true,
        Opcode.SetQ or Opcode.AddQ or Opcode.ReplaceQ or Opcode.DeleteQ or Opcode.IncrementQ or Opcode.DecrementQ
            or Opcode.AppendQ or Opcode.PrependQ => true,
        Opcode.SubdocDictAdd or Opcode.SubdocDictUpsert or Opcode.SubdocDelete or Opcode.SubdocReplace or Opcode.SubdocArrayPushLast
            or Opcode.SubdocArrayPushFirst or Opcode.SubdocArrayInsert or Opcode.SubdocArrayAddUnique or Opcode.SubdocCounter
            or Opcode.SubdocMultiMutation or Opcode.SubdocReplaceBodyWithXattr => true,
        _ => false,
    };
}
