using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// Turns frames into events without copying: key and value of an event are slices of the memory that was given, and live as long
/// as that does. Allocates for system events only. Thread-safe.
/// </summary>
public static class DcpMessageReader
{
    private const int PlainMutation = (int)Magic.Request << 8 | (int)Opcode.DcpMutation;
    private const int PlainKeyOffset = FrameHeader.Size + MutationMessage.ExtrasLength;

    /// <summary>Reads a frame when it is an event of a stream.</summary>
    /// <param name="buffer">Buffer that holds the frame.</param>
    /// <param name="offset">Where the frame begins.</param>
    /// <param name="length">Bytes of the frame, header included.</param>
    /// <param name="collections">Whether collections are in force, so that keys begin with a collection id.</param>
    /// <param name="change">The event.</param>
    /// <returns>False when the frame is something else: a marker, the end of a stream, NOOP, a response.</returns>
    /// <exception cref="ProtocolException">The bytes are not one whole, legal frame.</exception>
    public static bool TryReadEvent(byte[] buffer, int offset, int length, bool collections, out DcpEvent change)
    {
        var frame = new ReadOnlySpan<byte>(buffer, offset, length);
        if (IsPlainMutation(frame, collections))
        {
            change = ReadPlainMutation(buffer, offset, frame, collections);
            return true;
        }
        return TryReadEvent(new ReadOnlyMemory<byte>(buffer, offset, length), collections, out change);
    }

    /// <summary>Reads a frame when it is an event of a stream.</summary>
    /// <param name="frame">Exactly one frame.</param>
    /// <param name="collections">Whether collections are in force, so that keys begin with a collection id.</param>
    /// <param name="change">The event.</param>
    /// <returns>False when the frame is something else: a marker, the end of a stream, NOOP, a response.</returns>
    /// <exception cref="ProtocolException">The bytes are not one whole, legal frame.</exception>
    public static bool TryReadEvent(ReadOnlyMemory<byte> frame, bool collections, out DcpEvent change) =>
        TryReadEvent(Frame.Read(frame.Span), frame, collections, out change);

    /// <summary>Reads a frame when it is an event of a stream.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="memory">The same frame's bytes, which key and value will be slices of.</param>
    /// <param name="collections">Whether collections are in force, so that keys begin with a collection id.</param>
    /// <param name="change">The event.</param>
    /// <returns>False when the frame is something else: a marker, the end of a stream, NOOP, a response.</returns>
    /// <exception cref="ProtocolException">The frame's body is not what its opcode demands.</exception>
    public static bool TryReadEvent(in Frame frame, ReadOnlyMemory<byte> memory, bool collections, out DcpEvent change)
    {
        if (frame.Header.Magic is not (Magic.Request or Magic.FlexibleRequest))
        {
            change = default;
            return false;
        }
        switch (frame.Header.Opcode)
        {
            case Opcode.DcpMutation:
                change = ReadMutation(frame, memory, collections);
                return true;
            case Opcode.DcpDeletion:
                change = ReadDeletion(frame, memory, collections);
                return true;
            case Opcode.DcpExpiration:
                change = ReadExpiration(frame, memory, collections);
                return true;
            case Opcode.DcpSystemEvent:
                change = ReadSystemEvent(frame, memory);
                return true;
            case Opcode.DcpSeqnoAdvanced:
                change = ReadBare(frame, DcpEventKind.SeqnoAdvanced, SeqnoAdvancedMessage.Read(frame).Seqno);
                return true;
            case Opcode.DcpOsoSnapshot:
                change = ReadBare(
                    frame, OsoSnapshotMessage.Read(frame).IsStart ? DcpEventKind.OsoStart : DcpEventKind.OsoEnd, Seqno.Zero);
                return true;
            case Opcode.DcpPrepare:
                change = ReadPrepare(frame, memory, collections);
                return true;
            case Opcode.DcpCommit:
                var commit = CommitMessage.Read(frame);
                change = ReadCompletion(frame, memory, collections, DcpEventKind.Commit, commit.PreparedSeqno, commit.Seqno);
                return true;
            case Opcode.DcpAbort:
                var abort = AbortMessage.Read(frame);
                change = ReadCompletion(frame, memory, collections, DcpEventKind.Abort, abort.PreparedSeqno, abort.Seqno);
                return true;
            default:
                change = default;
                return false;
        }
    }

    /// <summary>
    /// Whether the frame is a whole, legal MUTATION in the form that almost all events have: magic 0x80 and, with collections, an id
    /// of one byte. It is read without a detour. What is any other, or is wrong, goes the way that says why.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlainMutation(ReadOnlySpan<byte> frame, bool collections) =>
        frame.Length >= PlainKeyOffset
        && BinaryPrimitives.ReadUInt16BigEndian(frame) == PlainMutation
        && frame[4] == MutationMessage.ExtrasLength
        && BinaryPrimitives.ReadInt32BigEndian(frame[8..]) == frame.Length - FrameHeader.Size
        && BinaryPrimitives.ReadUInt16BigEndian(frame[2..]) <= frame.Length - PlainKeyOffset
        && (!collections || (BinaryPrimitives.ReadUInt16BigEndian(frame[2..]) > 0 && frame[PlainKeyOffset] < 0x80));

    // offsets of 1.1 and, from 24 on, of 3.9
    private static DcpEvent ReadPlainMutation(byte[] buffer, int offset, ReadOnlySpan<byte> frame, bool collections)
    {
        var prefix = collections ? 1 : 0;
        var keyLength = BinaryPrimitives.ReadUInt16BigEndian(frame[2..]);
        var valueOffset = PlainKeyOffset + keyLength;
        return new DcpEvent
        {
            Kind = DcpEventKind.Mutation,
            Datatype = (Datatype)frame[5],
            VBucket = new VBucketId(BinaryPrimitives.ReadUInt16BigEndian(frame[6..])),
            Seqno = new Seqno(BinaryPrimitives.ReadUInt64BigEndian(frame[24..])),
            RevSeqno = BinaryPrimitives.ReadUInt64BigEndian(frame[32..]),
            Cas = BinaryPrimitives.ReadUInt64BigEndian(frame[16..]),
            Flags = BinaryPrimitives.ReadUInt32BigEndian(frame[40..]),
            Expiry = BinaryPrimitives.ReadUInt32BigEndian(frame[44..]),
            CollectionId = collections ? frame[PlainKeyOffset] : 0u,
            Key = new ReadOnlyMemory<byte>(buffer, offset + PlainKeyOffset + prefix, keyLength - prefix),
            Value = new ReadOnlyMemory<byte>(buffer, offset + valueOffset, frame.Length - valueOffset),
            WireBytes = frame.Length,
        };
    }

    private static DcpEvent ReadMutation(in Frame frame, ReadOnlyMemory<byte> memory, bool collections)
    {
        var message = MutationMessage.Read(frame);
        var key = SplitKey(frame, memory, collections, out var collection);
        return new DcpEvent
        {
            Kind = DcpEventKind.Mutation,
            Datatype = frame.Header.Datatype,
            VBucket = frame.Header.VBucket,
            Seqno = message.Seqno,
            RevSeqno = message.RevSeqno,
            Cas = frame.Header.Cas,
            Flags = message.Flags,
            Expiry = message.Expiry,
            CollectionId = collection,
            Key = key,
            Value = memory[frame.ValueOffset..],
            WireBytes = frame.Header.FrameLength,
        };
    }

    private static DcpEvent ReadDeletion(in Frame frame, ReadOnlyMemory<byte> memory, bool collections)
    {
        var message = DeletionMessage.Read(frame);
        return ReadRemoval(frame, memory, collections, DcpEventKind.Deletion, message.Seqno, message.RevSeqno, message.DeleteTime);
    }

    private static DcpEvent ReadExpiration(in Frame frame, ReadOnlyMemory<byte> memory, bool collections)
    {
        var message = ExpirationMessage.Read(frame);
        return ReadRemoval(frame, memory, collections, DcpEventKind.Expiration, message.Seqno, message.RevSeqno, message.DeleteTime);
    }

    private static DcpEvent ReadRemoval(
        in Frame frame, ReadOnlyMemory<byte> memory, bool collections, DcpEventKind kind, Seqno seqno, ulong revSeqno, uint deleteTime)
    {
        var key = SplitKey(frame, memory, collections, out var collection);
        return new DcpEvent
        {
            Kind = kind,
            Datatype = frame.Header.Datatype,
            VBucket = frame.Header.VBucket,
            Seqno = seqno,
            RevSeqno = revSeqno,
            Cas = frame.Header.Cas,
            DeleteTime = deleteTime,
            CollectionId = collection,
            Key = key,
            Value = memory[frame.ValueOffset..],
            WireBytes = frame.Header.FrameLength,
        };
    }

    private static DcpEvent ReadPrepare(in Frame frame, ReadOnlyMemory<byte> memory, bool collections)
    {
        var message = PrepareMessage.Read(frame);
        var key = SplitKey(frame, memory, collections, out var collection);
        return new DcpEvent
        {
            Kind = DcpEventKind.Prepare,
            Datatype = frame.Header.Datatype,
            VBucket = frame.Header.VBucket,
            Seqno = message.Seqno,
            RevSeqno = message.RevSeqno,
            Cas = frame.Header.Cas,
            Flags = message.Flags,
            Expiry = message.Expiry,
            DeleteTime = message.DeleteTime,
            CollectionId = collection,
            PreparedSeqno = message.Seqno,
            DurabilityLevel = message.DurabilityLevel,
            Key = key,
            Value = memory[frame.ValueOffset..],
            WireBytes = FlowControlCharge.Of(frame.Header),
        };
    }

    private static DcpEvent ReadCompletion(
        in Frame frame, ReadOnlyMemory<byte> memory, bool collections, DcpEventKind kind, Seqno prepared, Seqno seqno)
    {
        var key = SplitKey(frame, memory, collections, out var collection);
        return new DcpEvent
        {
            Kind = kind,
            VBucket = frame.Header.VBucket,
            Seqno = seqno,
            Cas = frame.Header.Cas,
            CollectionId = collection,
            PreparedSeqno = prepared,
            Key = key,
            WireBytes = frame.Header.FrameLength,
        };
    }

    private static DcpEvent ReadSystemEvent(in Frame frame, ReadOnlyMemory<byte> memory)
    {
        var message = SystemEventMessage.Read(frame);
        var collection = message.ToCollectionEvent();
        return new DcpEvent
        {
            Kind = DcpEventKind.SystemEvent,
            Datatype = frame.Header.Datatype,
            VBucket = frame.Header.VBucket,
            Seqno = message.Seqno,
            Cas = frame.Header.Cas,
            CollectionId = collection?.CollectionId ?? 0,
            Key = memory.Slice(frame.KeyOffset, frame.Header.KeyLength),
            Value = memory[frame.ValueOffset..],
            CollectionEvent = collection,
            WireBytes = frame.Header.FrameLength,
        };
    }

    private static DcpEvent ReadBare(in Frame frame, DcpEventKind kind, Seqno seqno) => new()
    {
        Kind = kind,
        VBucket = frame.Header.VBucket,
        Seqno = seqno,
        WireBytes = frame.Header.FrameLength,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlyMemory<byte> SplitKey(
        in Frame frame, ReadOnlyMemory<byte> memory, bool collections, out uint collection)
    {
        collection = 0;
        var prefix = 0;
        if (collections && !Leb128.TryRead(frame.Key, out collection, out prefix))
            MessageRules.ThrowKey(frame.Header);
        return memory.Slice(frame.KeyOffset + prefix, frame.Header.KeyLength - prefix);
    }
}
