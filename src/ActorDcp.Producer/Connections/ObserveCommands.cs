using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>What tells about vbuckets: seqnos, failover logs, statistics (dcp-reference.md 3.6, 3.20).</summary>
internal static class ObserveCommands
{
    private const string WrongValue = "Request value must be of length 8";
    private const string WrongExtras = "Request extras must be of length 0 or 4 or 8";
    private const string WrongState = "Request vbucket state invalid";
    private static readonly TimeSpan PersistenceTimeout = TimeSpan.FromSeconds(30);

    public static bool TryHandle(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.ObserveSeqno:
                ObserveSeqno(connection, bucket, frame);
                return true;
            case Opcode.GetAllVBucketSeqnos:
                GetAllVBucketSeqnos(connection, bucket, frame);
                return true;
            case Opcode.GetFailoverLog:
                GetFailoverLog(connection, bucket, frame.Header);
                return true;
            case Opcode.GetVBucket:
                GetVBucket(connection, bucket, frame.Header);
                return true;
            case Opcode.SeqnoPersistence:
                SeqnoPersistence(connection, bucket, frame);
                return true;
            case Opcode.Stat:
                Statistics.StatCommand.Handle(connection, bucket, frame);
                return true;
            default:
                return CollectionCommands.TryHandle(connection, bucket, frame);
        }
    }

    /// <summary>Succeeds for every vbucket that exists, whatever its state (dcp-reference.md 10.9).</summary>
    public static void GetFailoverLog(ClientConnection connection, Bucket bucket, in FrameHeader header)
    {
        if (header.BodyLength != 0)
            connection.Refuse(header, Status.InvalidArguments);
        else if (bucket.TryFind(header.VBucket) is { } vbucket)
            connection.Respond(header, value: DcpMessages.Encode(vbucket.FailoverLog));
        else
            connection.RefuseNotMyVBucket(header);
    }

    private static void ObserveSeqno(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        if (header.KeyLength != 0 || header.ExtrasLength != 0 || header.ValueLength != 8)
        {
            connection.Refuse(header, Status.InvalidArguments, header.ValueLength != 8 ? WrongValue : null);
            return;
        }
        if (bucket.TryFind(header.VBucket) is not { State: not VBucketState.Dead } vbucket)
        {
            connection.RefuseNotMyVBucket(header);
            return;
        }
        var asked = new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(frame.Value));
        var entries = vbucket.FailoverLog.Entries;
        var index = -1;
        for (var i = 0; i < entries.Length && index < 0; i++)
            if (entries[i].Uuid == asked)
                index = i;
        if (index < 0)
        {
            connection.Refuse(header, Status.KeyNotFound);
            return;
        }
        Span<byte> value = stackalloc byte[43];
        value[0] = index == 0 ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteUInt16BigEndian(value[1..], header.VBucketOrStatus);
        BinaryPrimitives.WriteUInt64BigEndian(value[3..], entries[0].Uuid.Value);
        BinaryPrimitives.WriteUInt64BigEndian(value[11..], bucket.Settings.Ephemeral ? 0 : vbucket.PersistedSeqno);
        BinaryPrimitives.WriteUInt64BigEndian(value[19..], vbucket.HighSeqno);
        if (index > 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(value[27..], asked.Value);
            BinaryPrimitives.WriteUInt64BigEndian(value[35..], entries[index - 1].Seqno.Value);
        }
        connection.Respond(header, value: index == 0 ? value[..27] : value);
    }

    private static void GetAllVBucketSeqnos(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        var extras = frame.Extras;
        var collectionAsked = extras.Length == 8;
        if (header.KeyLength != 0 || header.ValueLength != 0 || extras.Length is not (0 or 4 or 8)
            || (collectionAsked && !connection.Features.Collections))
        {
            connection.Refuse(header, Status.InvalidArguments, extras.Length is 0 or 4 or 8 ? null : WrongExtras);
            return;
        }
        var state = extras.Length == 0 ? 0u : BinaryPrimitives.ReadUInt32BigEndian(extras);
        if (state > (uint)VBucketState.Dead)
        {
            connection.Refuse(header, Status.InvalidArguments, WrongState);
            return;
        }
        // without Collections a client is shown its own, the default one
        uint? collection = collectionAsked ? BinaryPrimitives.ReadUInt32BigEndian(extras[4..]) : connection.Features.Collections ? null : 0;
        if (collectionAsked && !bucket.Collections.Current.HasCollection(collection!.Value))
        {
            connection.Refuse(header, Status.UnknownCollection);
            return;
        }
        var value = new byte[bucket.VBucketCount * 10];
        var length = 0;
        foreach (var vbucket in bucket.VBuckets)
        {
            if (state == 0 ? vbucket.State == VBucketState.Dead : (uint)vbucket.State != state)
                continue;
            var high = collection is { } id ? vbucket.CollectionHighSeqno(id)
                : vbucket.State == VBucketState.Active ? vbucket.HighSeqno : vbucket.ReceivedSnapshotEnd;
            if (high is null)
                continue;
            BinaryPrimitives.WriteUInt16BigEndian(value.AsSpan(length), vbucket.Id.Value);
            BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(length + 2), high.Value);
            length += 10;
        }
        connection.Respond(header, value: value.AsSpan(0, length));
    }

    private static void GetVBucket(ClientConnection connection, Bucket bucket, in FrameHeader header)
    {
        if (bucket.TryFind(header.VBucket) is not { } vbucket)
        {
            connection.RefuseNotMyVBucket(header);
            return;
        }
        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(value, (uint)vbucket.State);
        connection.Respond(header, value: value);
    }

    /// <summary>Answered once a seqno is persisted, or after a while with TemporaryFailure: the caller asks again.</summary>
    private static void SeqnoPersistence(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        if (header.ExtrasLength != 8 || header.KeyLength != 0 || header.ValueLength != 0)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        if (bucket.TryFind(header.VBucket) is not { State: not VBucketState.Dead } vbucket)
        {
            connection.RefuseNotMyVBucket(header);
            return;
        }
        var seqno = BinaryPrimitives.ReadUInt64BigEndian(frame.Extras);
        if (bucket.Settings.Ephemeral && seqno > 0)
        {
            connection.Refuse(header, Status.NotSupported);
            return;
        }
        var request = header;
        connection.Hold();
        vbucket.WaitForPersistence(seqno, PersistenceTimeout, persisted =>
        {
            if (persisted)
                connection.Respond(request);
            else
                connection.Refuse(request, Status.TemporaryFailure);
            connection.Release();
        });
    }
}
