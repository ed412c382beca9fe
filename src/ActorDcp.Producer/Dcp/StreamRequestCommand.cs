using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>STREAM_REQ: the checks in the order of dcp-reference.md 3.3, first failure wins.</summary>
internal static class StreamRequestCommand
{
    private const int ExtrasLength = 48;

    public static void Handle(ClientConnection connection, DcpSession session, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        var check = new RequestCheck(ExtrasLength, HasValue: session.Collections ? null : false) { HasKey = false };
        if (check.FindFault(header, connection.Features) is { } fault)
        {
            connection.Refuse(header, Status.InvalidArguments, fault);
            return;
        }
        var request = Read(frame.Extras, session, bucket);
        if ((request.Flags & ~StreamFlags.Known) != 0 || (request.Flags & StreamFlags.NoValue) != 0)
        {
            connection.Refuse(header, Status.InvalidArguments, "Request contains invalid flags");
            return;
        }
        lock (connection.Gate)
            Decide(connection, session, bucket, frame, request);
    }

    private static StreamRequestArguments Read(ReadOnlySpan<byte> extras, DcpSession session, Bucket bucket) => new()
    {
        View = StreamView.Of(session, StreamFilter.None, bucket.Collections.Current),
        Flags = (StreamFlags)BinaryPrimitives.ReadUInt32BigEndian(extras),
        Start = BinaryPrimitives.ReadUInt64BigEndian(extras[8..]),
        End = BinaryPrimitives.ReadUInt64BigEndian(extras[16..]),
        Uuid = BinaryPrimitives.ReadUInt64BigEndian(extras[24..]),
        SnapshotStart = BinaryPrimitives.ReadUInt64BigEndian(extras[32..]),
        SnapshotEnd = BinaryPrimitives.ReadUInt64BigEndian(extras[40..]),
    };

    private static void Decide(
        ClientConnection connection, DcpSession session, Bucket bucket, in Frame frame, StreamRequestArguments request)
    {
        var header = frame.Header;
        if (FindStreamable(bucket, header.VBucket, request.Flags) is not { } vbucket)
        {
            connection.RefuseNotMyVBucket(header);
            return;
        }
        if ((request.Flags & StreamFlags.FromLatest) != 0)
            request = AtLatest(request, vbucket);
        var status = CheckRange(session, request);
        var filter = StreamFilter.None;
        if (status == Status.Success)
            status = StreamFilter.TryRead(frame.Value, bucket.Collections.Current, out filter);
        if (filter.NamesPurgeSeqno && !session.UnderstandsMarkersV22)
            status = Status.InvalidArguments;
        if (status == Status.Success && !MayAsk(connection, session, filter))
            status = Status.NoAccess;
        if (status == Status.Success)
            status = filter.StreamId != 0 == session.StreamIdsEnabled ? Status.Success : Status.DcpStreamIdInvalid;
        if (status == Status.Success && session.SyncWrites && filter.IsOfCollections)
            status = Status.NotSupported;
        if (status == Status.Success && session.Find(new StreamKey(header.VBucket, filter.StreamId)) is { IsActive: true })
            status = Status.KeyExists;
        if (status != Status.Success)
        {
            Refuse(connection, session, header, status);
            return;
        }
        Open(connection, session, vbucket, header, request with
        {
            PurgeSeqno = filter.PurgeSeqno,
            StreamId = filter.StreamId,
            View = StreamView.Of(session, filter, bucket.Collections.Current),
        });
    }

    /// <summary>Rights to some collections are none to a scope, nor to everything.</summary>
    private static bool MayAsk(ClientConnection connection, DcpSession session, StreamFilter filter) =>
        connection.Rights.MayStream(session.Collections ? filter.Collections : [0]);

    private static VBucket? FindStreamable(Bucket bucket, VBucketId id, StreamFlags flags) =>
        bucket.TryFind(id) is { } vbucket && MayStream(vbucket.State, flags) ? vbucket : null;

    private static bool MayStream(VBucketState state, StreamFlags flags) => state switch
    {
        VBucketState.Active => true,
        VBucketState.Replica => (flags & (StreamFlags.ActiveVBucketOnly | StreamFlags.TakeOver)) == 0,
        _ => false,
    };

    private static StreamRequestArguments AtLatest(StreamRequestArguments request, VBucket vbucket)
    {
        var high = vbucket.HighSeqno;
        return request with
        {
            Start = high,
            SnapshotStart = high,
            SnapshotEnd = high,
            Uuid = request.Uuid == 0 ? vbucket.Uuid.Value : request.Uuid,
        };
    }

    private static Status CheckRange(DcpSession session, StreamRequestArguments request)
    {
        if (!session.NoopEnabled && (session.Collections || (session.Flags & OpenFlags.IncludeXattrs) != 0))
            return Status.NotSupported;
        return request.Start > request.End || request.SnapshotStart > request.Start || request.Start > request.SnapshotEnd
            ? Status.OutOfRange
            : Status.Success;
    }

    private static void Open(
        ClientConnection connection, DcpSession session, VBucket vbucket, in FrameHeader header, StreamRequestArguments request)
    {
        var endings = vbucket.StreamEndings;
        var filterHigh = request.View.HighSeqnoOf(vbucket);
        var decision = vbucket.Decide(request.ToQuestion(filterHigh), out var high, out var log);
        if (decision.RollbackTo is { } seqno)
        {
            Span<byte> value = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(value, seqno.Value);
            connection.Services.Log.StreamAnswered(session.Name, header.VBucket, Status.Rollback);
            connection.Respond(header, Status.Rollback, value: value);
            return;
        }
        if ((request.Flags & StreamFlags.ToLatest) != 0)
            request = request with { End = filterHigh ?? high };
        if (request.DiskOnly)
            request = request with { End = vbucket.PersistedSeqno };
        if (request.IsTakeOver)
            request = request with { End = ulong.MaxValue };
        // what a replica is in the middle of is sent whole (dcp-reference.md 4.5)
        if (vbucket.State == VBucketState.Replica)
            request = request with { End = Math.Max(request.End, vbucket.ReceivedSnapshotEnd) };
        if (request.Start > request.End || request.Start > high)
        {
            Refuse(connection, session, header, Status.OutOfRange);
            return;
        }
        if (request.Start == request.SnapshotStart && request.SnapshotEnd > high)
            request = request with { SnapshotEnd = request.SnapshotStart };
        if (vbucket.IsReceivingFirstDiskSnapshot)
        {
            Refuse(connection, session, header, Status.TemporaryFailure);
            return;
        }

        connection.Services.Log.StreamAnswered(session.Name, header.VBucket, Status.Success);
        connection.Respond(header, value: DcpMessages.Encode(log));
        var stream = new DcpStream(session, vbucket, new StreamAddress(header.VBucket, header.Opaque, request.StreamId), request);
        session.Add(stream);
        // the vbucket may have changed, or gone back, between the decision and the stream being known to it
        if (vbucket.StreamEndings != endings || vbucket.Uuid != log.NewestUuid || !MayStream(vbucket.State, request.Flags))
            stream.OnEnded(StreamEndReason.StateChanged);
    }

    private static void Refuse(ClientConnection connection, DcpSession session, in FrameHeader header, Status status)
    {
        connection.Services.Log.StreamAnswered(session.Name, header.VBucket, status);
        connection.Refuse(header, status);
    }
}
