using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Producer.Dcp;

/// <summary>MUTATION, DELETION and EXPIRATION in the form that the connection asked for (dcp-reference.md 3.9 to 3.11).</summary>
internal static class ItemMessages
{
    private const byte DefaultFrequency = 2;

    /// <summary>Writes a change.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="address">Of the stream.</param>
    /// <param name="item">The change.</param>
    /// <param name="session">Says in which form.</param>
    /// <param name="fromDisk">Whether a backfill sends it: one without values and xattrs reads keys alone, and knows no more (10.2).</param>
    public static void Write(OutputBuffer output, in StreamAddress address, StoredItem item, DcpSession session, bool fromDisk)
    {
        var keyAlone = fromDisk && session.ReadsKeysAlone;
        var opcode = OpcodeOf(item, session, keyAlone);
        var value = keyAlone ? default : ItemValue.Shape(item, session);
        var extras = ExtrasLength(opcode, session);
        var key = item.Key[(session.Collections ? 0 : 1)..];
        var framing = address.HasStreamId ? DcpMessages.StreamIdLength : 0;
        var body = framing + extras + key.Length + value.Bytes.Length;
        var frame = output.GetSpan(FrameHeader.Size + body);
        new FrameHeader
        {
            Magic = address.HasStreamId ? Magic.FlexibleRequest : Magic.Request,
            Opcode = opcode,
            FramingExtrasLength = AnnouncesStreamId(opcode, session) ? framing : 0,
            KeyLength = key.Length,
            ExtrasLength = extras,
            Datatype = value.Datatype,
            VBucketOrStatus = address.VBucket.Value,
            BodyLength = body,
            Opaque = address.Opaque,
            Cas = keyAlone ? 0 : item.Cas,
        }.Write(frame);
        var rest = frame[FrameHeader.Size..];
        DcpMessages.WriteStreamId(rest, address);
        rest = rest[framing..];
        if (keyAlone)
            WriteKeyAloneExtras(rest[..extras], item);
        else
            WriteExtras(rest[..extras], opcode, item, session);
        rest = rest[extras..];
        key.CopyTo(rest);
        value.Bytes.CopyTo(rest[key.Length..]);
        output.Advance(FrameHeader.Size + body);
    }

    /// <summary>How often a document is used, as a connection is told of it.</summary>
    public static byte FrequencyOf(StoredItem item, bool asCounter) => asCounter ? item.Frequency : FrequencyCounter.ToTwoBits(item.Frequency);

    /// <summary>How much longer a message would be if its value was not compressed.</summary>
    public static int BytesSavedIn(ReadOnlySpan<byte> message)
    {
        if (((Datatype)message[5] & Datatype.Snappy) == 0)
            return 0;
        var value = Frame.Read(message).Value;
        return SnappyBlock.ReadInflatedLength(value) - value.Length;
    }

    private static Opcode OpcodeOf(StoredItem item, DcpSession session, bool keyAlone)
    {
        if (keyAlone || item.Kind == ItemKind.Mutation)
            return Opcode.DcpMutation;
        return item.Kind == ItemKind.Expiration && session.SendsExpirations ? Opcode.DcpExpiration : Opcode.DcpDeletion;
    }

    /// <summary>Couchbase forgets the length of the stream id in these messages on plain connections, and so do we (10.1).</summary>
    private static bool AnnouncesStreamId(Opcode opcode, DcpSession session) =>
        session.IsSecure || !(opcode == Opcode.DcpExpiration || (opcode == Opcode.DcpDeletion && session.IncludesDeleteTimes));

    private static int ExtrasLength(Opcode opcode, DcpSession session) => opcode switch
    {
        Opcode.DcpMutation => 31,
        Opcode.DcpExpiration => 20,
        _ => session.IncludesDeleteTimes ? 21 : 18,
    };

    private static void WriteKeyAloneExtras(Span<byte> extras, StoredItem item)
    {
        extras.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(extras, item.Seqno);
        BinaryPrimitives.WriteUInt64BigEndian(extras[8..], 1);
        extras[30] = DefaultFrequency;
    }

    private static void WriteExtras(Span<byte> extras, Opcode opcode, StoredItem item, DcpSession session)
    {
        extras.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(extras, item.Seqno);
        BinaryPrimitives.WriteUInt64BigEndian(extras[8..], item.Rev);
        if (opcode == Opcode.DcpMutation)
        {
            BinaryPrimitives.WriteUInt32BigEndian(extras[16..], item.Flags);
            BinaryPrimitives.WriteUInt32BigEndian(extras[20..], item.Expiry);
            extras[30] = FrequencyOf(item, session.SendsFrequencyCounters);
        }
        else if (extras.Length >= 20)
        {
            BinaryPrimitives.WriteUInt32BigEndian(extras[16..], item.Expiry);
        }
    }
}
