using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>What the framing extras of a request must look like, whatever it asks (dcp-reference.md 1.4).</summary>
internal static class FramingCheck
{
    private const int Escape = 15;

    /// <summary>Checks each entry. Those that this node does not know or do are answered as unknown.</summary>
    public static Status Check(ReadOnlySpan<byte> framing, Opcode opcode)
    {
        while (!framing.IsEmpty)
        {
            int id = framing[0] >> 4, length = framing[0] & 0x0f;
            framing = framing[1..];
            if (!TryUnescape(ref id, ref framing) || !TryUnescape(ref length, ref framing) || framing.Length < length)
                return Status.InvalidArguments;
            var status = Check((RequestFramingId)id, length, opcode);
            if (status != Status.Success)
                return status;
            framing = framing[length..];
        }
        return Status.Success;
    }

    private static bool CanBeDurable(Opcode opcode) => opcode switch
    {
        Opcode.Add or Opcode.AddQ or Opcode.Delete or Opcode.DeleteQ => true,
        _ => CanPreserveExpiry(opcode),
    };

    private static Status Check(RequestFramingId id, int length, Opcode opcode) => id switch
    {
        RequestFramingId.Barrier => FineIf(length == 0),
        RequestFramingId.Durability => FineIf(length is 1 or 3 && CanBeDurable(opcode)),
        RequestFramingId.StreamId => FineIf(length == sizeof(ushort) && opcode is >= Opcode.DcpOpen and <= Opcode.DcpCacheTransferEnd),
        RequestFramingId.PreserveTtl => FineIf(length == 0 && (CanPreserveExpiry(opcode) || opcode is Opcode.Add or Opcode.AddQ)),
        _ => Status.UnknownFrameInfo,
    };

    private static Status FineIf(bool fine) => fine ? Status.Success : Status.InvalidArguments;

    private static bool CanPreserveExpiry(Opcode opcode) => opcode switch
    {
        Opcode.Set or Opcode.Replace or Opcode.Increment or Opcode.Decrement or Opcode.Append or Opcode.Prepend => true,
        Opcode.SetQ or Opcode.ReplaceQ or Opcode.IncrementQ or Opcode.DecrementQ or Opcode.AppendQ or Opcode.PrependQ => true,
        Opcode.SubdocDictAdd or Opcode.SubdocDictUpsert or Opcode.SubdocDelete or Opcode.SubdocReplace or Opcode.SubdocArrayPushLast
            or Opcode.SubdocArrayPushFirst or Opcode.SubdocArrayInsert or Opcode.SubdocArrayAddUnique or Opcode.SubdocCounter
            or Opcode.SubdocMultiMutation or Opcode.SubdocReplaceBodyWithXattr => true,
        _ => false,
    };

    private static bool TryUnescape(ref int nibble, ref ReadOnlySpan<byte> framing)
    {
        if (nibble != Escape)
            return true;
        if (framing.IsEmpty)
            return false;
        nibble += framing[0];
        framing = framing[1..];
        return true;
    }
}
