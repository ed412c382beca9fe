using System.Buffers.Binary;

namespace ActorDcp.Protocol.Responses;

/// <summary>
/// The failover log that answers STREAM_REQ and GET_FAILOVER_LOG (dcp-reference.md 3.3 step 16): value of 16-byte entries, newest
/// first: @0 u64 uuid; @8 u64 seqno.
/// </summary>
public static class FailoverLogResponse
{
    private const int EntryLength = 16;

    /// <summary>Reads the log.</summary>
    /// <exception cref="ProtocolException">Not a success, no entry, or a broken one.</exception>
    public static FailoverLog Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        var value = frame.Value;
        if (value.IsEmpty || value.Length % EntryLength != 0)
            throw ResponseRules.BadLength(frame, $"entries of {EntryLength} bytes");
        var entries = new FailoverLogEntry[value.Length / EntryLength];
        for (var i = 0; i < entries.Length; i++, value = value[EntryLength..])
        {
            entries[i] = new FailoverLogEntry(
                new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(value)),
                new Seqno(BinaryPrimitives.ReadUInt64BigEndian(value[8..])));
        }
        return new FailoverLog(entries);
    }
}
