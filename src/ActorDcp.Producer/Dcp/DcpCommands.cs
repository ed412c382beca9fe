using System.Buffers.Binary;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>DCP requests other than STREAM_REQ and CONTROL (dcp-reference.md 3).</summary>
internal static class DcpCommands
{
    private const OpenFlags KnownFlags = OpenFlags.Producer | OpenFlags.IncludeXattrs | OpenFlags.NoValue | OpenFlags.IncludeDeleteTimes
        | OpenFlags.NoValueWithUnderlyingDatatype | OpenFlags.PointInTime | OpenFlags.IncludeDeletedUserXattrs;

    private static readonly RequestCheck Bare = new(0) { HasKey = false };
    private static readonly RequestCheck Counting = new(sizeof(uint)) { HasKey = false };

    public static void Handle(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        if (header.Opcode == Opcode.DcpOpen)
        {
            Open(connection, frame);
            return;
        }
        if (connection.Dcp is not { } session)
        {
            connection.Refuse(header, Status.InvalidArguments, "The command can only be sent on a DCP connection");
            return;
        }
        switch (header.Opcode)
        {
            case Opcode.DcpStreamReq:
                StreamRequestCommand.Handle(connection, session, bucket, frame);
                break;
            case Opcode.DcpControl:
                ControlCommand.Handle(connection, session, frame);
                break;
            case Opcode.DcpCloseStream:
                CloseStream(connection, session, bucket, frame);
                break;
            case Opcode.DcpGetFailoverLog:
                ObserveCommands.GetFailoverLog(connection, bucket, header);
                break;
            case Opcode.DcpBufferAck:
                BufferAck(connection, session, frame);
                break;
            case Opcode.DcpSeqnoAcknowledged:
                SeqnoAcknowledged(connection, session, bucket, frame);
                break;
            case Opcode.DcpNoop:
                connection.Respond(header);
                break;
            default:
                connection.Refuse(header, Status.NotSupported);
                break;
        }
    }

    private static void Open(ClientConnection connection, in Frame frame)
    {
        var header = frame.Header;
        if (header.ExtrasLength != 8 || header.KeyLength == 0 || header.ValueLength != 0 || connection.Dcp is not null)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        var flags = (OpenFlags)BinaryPrimitives.ReadUInt32BigEndian(frame.Extras[4..]);
        const OpenFlags bothNoValues = OpenFlags.NoValue | OpenFlags.NoValueWithUnderlyingDatatype;
        if ((flags & ~KnownFlags) != 0 || (flags & bothNoValues) == bothNoValues
            || (flags & (OpenFlags.IncludeDeletedUserXattrs | OpenFlags.IncludeXattrs)) == OpenFlags.IncludeDeletedUserXattrs)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        if ((flags & OpenFlags.Producer) == 0)
        {
            connection.Refuse(header, Status.NotSupported, "only producer connections are served");
            return;
        }
        var session = new DcpSession(connection, Encoding.UTF8.GetString(frame.Key), flags);
        lock (connection.Gate)
            connection.BecomeDcp(session);
        connection.Services.Connections.TakeDcpName(session.Name, connection)?.Drop("another connection took its DCP name");
        connection.Services.Log.DcpOpened(connection.Remote, session.Name);
        connection.Respond(header);
    }

    private static void CloseStream(ClientConnection connection, DcpSession session, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        var isWhole = TryReadStreamId(frame.FramingExtras, out var streamId);
        if (!isWhole || Bare.FindFault(header, connection.Features) is not null)
        {
            connection.Refuse(header, Status.InvalidArguments, Bare.FindFault(header, connection.Features));
            return;
        }
        lock (connection.Gate)
        {
            if (streamId != 0 != session.StreamIdsEnabled)
                connection.Refuse(header, Status.DcpStreamIdInvalid);
            else if (session.Find(new StreamKey(header.VBucket, streamId)) is { } stream)
            {
                connection.Respond(header);
                session.CloseStream(stream);
            }
            else
                connection.Refuse(header, session.HasStreamOf(header.VBucket) ? Status.DcpStreamIdInvalid : Status.KeyNotFound);
        }
    }

    private static void BufferAck(ClientConnection connection, DcpSession session, in Frame frame)
    {
        if (Counting.FindFault(frame.Header, connection.Features) is { } fault)
        {
            connection.Refuse(frame.Header, Status.InvalidArguments, fault);
            return;
        }
        lock (connection.Gate)
            session.Acknowledge(BinaryPrimitives.ReadUInt32BigEndian(frame.Extras));
    }

    /// <summary>3.17: @0 u64 prepared seqno. Answered only when it is wrong.</summary>
    private static void SeqnoAcknowledged(ClientConnection connection, DcpSession session, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        if (header.ExtrasLength != 8 || header.KeyLength != 0 || header.ValueLength != 0 || session.ConsumerName is not { } name)
            connection.Refuse(header, Status.InvalidArguments);
        else if (bucket.TryFind(header.VBucket) is { } vbucket)
            vbucket.Acknowledge(name, BinaryPrimitives.ReadUInt64BigEndian(frame.Extras));
        else
            connection.RefuseNotMyVBucket(header);
    }

    private static bool TryReadStreamId(ReadOnlySpan<byte> framing, out ushort streamId)
    {
        streamId = 0;
        if (framing.IsEmpty)
            return true;
        if (framing.Length != 3 || framing[0] != 0x22)
            return false;
        streamId = BinaryPrimitives.ReadUInt16BigEndian(framing[1..]);
        return true;
    }
}
