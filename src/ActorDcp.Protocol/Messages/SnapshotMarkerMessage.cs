using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// SNAPSHOT_MARKER 0x56, from the producer (dcp-reference.md 3.8). v1, extras: @0 u64 start; @8 u64 end; @16 u32 flags; no value.
/// v2, extras: @0 u8 version (0 is v2.0, 2 is v2.2); value: @0 u64 start; @8 u64 end; @16 u32 flags; @20 u64 max visible seqno;
/// @28 u64 high completed seqno; in v2.2 @36 u64 purge seqno; @44 u64 high prepared seqno. One connection can see several versions.
/// </summary>
public static class SnapshotMarkerMessage
{
    private const int ExtrasLengthV1 = 20;
    private const int ExtrasLengthV2 = 1;
    private const int ValueLengthV20 = 36;
    private const int ValueLengthV22 = 52;

    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">The lengths fit no version, the version is unknown, or the start lies behind the end.</exception>
    public static SnapshotMarker Read(in Frame frame)
    {
        var extras = frame.Extras;
        if (extras.Length == ExtrasLengthV1)
        {
            if (!frame.Value.IsEmpty)
                MessageRules.ThrowValue(frame.Header, "none");
            return ReadFields(extras, SnapshotMarkerVersion.V1);
        }
        if (extras.Length != ExtrasLengthV2)
            MessageRules.ThrowExtras(frame.Header, $"{ExtrasLengthV1} or {ExtrasLengthV2}");
        var value = frame.Value;
        var (version, length) = extras[0] switch
        {
            0 => (SnapshotMarkerVersion.V20, ValueLengthV20),
            2 => (SnapshotMarkerVersion.V22, ValueLengthV22),
            var other => throw new ProtocolException($"SNAPSHOT_MARKER of unknown version 2.{other}"),
        };
        if (value.Length != length)
            MessageRules.ThrowValue(frame.Header, $"{length}");
        return ReadFields(value, version);
    }

    private static SnapshotMarker ReadFields(ReadOnlySpan<byte> fields, SnapshotMarkerVersion version)
    {
        var start = SeqnoAt(fields, 0);
        var end = SeqnoAt(fields, 8);
        if (start > end)
            throw new ProtocolException($"SNAPSHOT_MARKER from {start} to {end}");
        var marker = new SnapshotMarker(
            new StreamSnapshot(start, end), (SnapshotFlags)BinaryPrimitives.ReadUInt32BigEndian(fields[16..]), version);
        if (version == SnapshotMarkerVersion.V1)
            return marker;
        marker = marker with { MaxVisibleSeqno = SeqnoAt(fields, 20), HighCompletedSeqno = SeqnoAt(fields, 28) };
        return version == SnapshotMarkerVersion.V20
            ? marker
            : marker with { PurgeSeqno = SeqnoAt(fields, 36), HighPreparedSeqno = SeqnoAt(fields, 44) };
    }

    private static Seqno SeqnoAt(ReadOnlySpan<byte> fields, int offset) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(fields[offset..]));
}
