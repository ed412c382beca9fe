using System.Buffers.Binary;
using System.Globalization;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.SubDocument;
using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>GET, SET and what belongs to them (dcp-reference.md 3.21). Quiet variants answer only what is not expected.</summary>
internal static class DocumentCommands
{
    private const int KeyScratch = 256;
    private static readonly RequestCheck Bare = new(0);
    private static readonly RequestCheck Storing = new(8, HasValue: null) { MayBeCompressed = true };
    private static readonly RequestCheck Adding = Storing with { HasCas = false };
    private static readonly RequestCheck Concatenating = new(0, HasValue: null) { MayBeCompressed = true };
    private static readonly RequestCheck Counting = new(20);
    private static readonly RequestCheck Touching = new(4);
    private static readonly RequestCheck Locking = new(0, HasValue: false, 4);
    private static readonly RequestCheck Unlocking = new(0) { HasCas = true };

    public static bool TryHandle(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        if (header.Opcode == Opcode.GetRandomKey)
        {
            RandomKeyCommand.Handle(connection, bucket, frame);
            return true;
        }
        if (CheckFor(header.Opcode) is not { } check)
            return false;
        if (check.FindFault(header, connection.Features) is { } fault)
        {
            connection.Refuse(header, Status.InvalidArguments, fault);
            return true;
        }
        Span<byte> scratch = stackalloc byte[KeyScratch];
        var status = DocumentKey.TryRead(connection, frame.Key, scratch, out var key, out var context);
        if (status != Status.Success)
        {
            connection.Refuse(header, status, context);
            return true;
        }
        SubDocumentRequest? request = null;
        if (SubDocumentReader.IsSubDocument(header.Opcode) && (request = SubDocumentCommands.TryRead(connection, frame)) is null)
            return true;
        if (bucket.TryFind(header.VBucket) is not { } vbucket || vbucket.State != StateFor(header.Opcode, request))
            connection.RefuseNotMyVBucket(header);
        else if (!ColdDocuments.TryPutOff(connection, vbucket, frame, key))
            RunInScope(connection, vbucket, frame, key, request);
        return true;
    }

    /// <summary>Whether a request's value is a document, which stays as it is compressed.</summary>
    public static bool TakesCompressedDocument(Opcode opcode) => CheckFor(opcode) is { MayBeCompressed: true };

    private static VBucketState StateFor(Opcode opcode, SubDocumentRequest? request) =>
        opcode is Opcode.GetReplica or Opcode.GetExReplica || request?.Has(DocumentFlags.ReplicaRead) == true ? VBucketState.Replica : VBucketState.Active;

    private static void RunInScope(
        ClientConnection connection, VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key, SubDocumentRequest? request)
    {
        var header = frame.Header;
        var status = OperationFraming.TryRead(frame, connection.Features, out var framing);
        var durable = ToRequest(connection, header, framing);
        // what has no disk cannot wait for it
        if (framing.Durability is DurabilityLevel.MajorityAndPersistActive or DurabilityLevel.PersistMajority && connection.Services.Options.Ephemeral)
            status = Status.DurabilityInvalidLevel;
        if (status == Status.Success)
            status = vbucket.CheckSyncWrite(key, !IsRead(header.Opcode), durable);
        if (status != Status.Success)
        {
            connection.Refuse(header, status);
            return;
        }
        using var scope = new SyncWriteScope(durable);
        if (request is null)
            Run(connection, vbucket, frame, key, framing.PreserveExpiry);
        else
            SubDocumentCommands.Run(connection, vbucket, header, key, request with { PreserveExpiry = framing.PreserveExpiry });
    }

    /// <summary>Who is to be told when a durable write is over; null for an ordinary operation.</summary>
    private static SyncWriteRequest? ToRequest(ClientConnection connection, FrameHeader header, in OperationFraming framing) =>
        framing.Durability is not { } level ? null : new SyncWriteRequest(level, framing.DurabilityTimeout, (outcome, value) =>
        {
            RespondMutation(connection, header, outcome, value);
            connection.Release();
        });

    private static bool IsRead(Opcode opcode) => SubDocumentReader.IsSubDocument(opcode)
        ? !SubDocumentReader.IsMutation(opcode)
        : opcode is Opcode.Get or Opcode.GetQ or Opcode.GetK or Opcode.GetKQ or Opcode.GetMeta or Opcode.GetQMeta
            or Opcode.GetReplica or Opcode.GetEx or Opcode.GetExReplica;

    private static void Run(ClientConnection connection, VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key, bool preserveExpiry)
    {
        var header = frame.Header;
        var extras = frame.Extras;
        switch (header.Opcode)
        {
            case Opcode.Get or Opcode.GetQ or Opcode.GetReplica:
                connection.RespondDocument(header, vbucket.Get(key));
                break;
            case Opcode.GetK or Opcode.GetKQ:
                connection.RespondDocument(header, vbucket.Get(key), frame.Key);
                break;
            case Opcode.GetEx or Opcode.GetExReplica:
                connection.RespondWithXattrs(header, vbucket.Get(key));
                break;
            case Opcode.GetLocked:
                connection.RespondDocument(header, vbucket.GetAndLock(key, extras.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(extras)));
                break;
            case Opcode.UnlockKey:
                RespondCas(connection, header, vbucket.Unlock(key, header.Cas));
                break;
            case Opcode.Set or Opcode.SetQ:
                Store(connection, vbucket, frame, key, StoreMode.Set, preserveExpiry);
                break;
            case Opcode.Add or Opcode.AddQ:
                Store(connection, vbucket, frame, key, StoreMode.Add, preserveExpiry);
                break;
            case Opcode.Replace or Opcode.ReplaceQ:
                Store(connection, vbucket, frame, key, StoreMode.Replace, preserveExpiry);
                break;
            case Opcode.Delete or Opcode.DeleteQ:
                RespondMutation(connection, header, vbucket.Delete(key, header.Cas));
                break;
            case Opcode.Append or Opcode.AppendQ or Opcode.Prepend or Opcode.PrependQ:
                Concatenate(connection, vbucket, frame, key);
                break;
            case Opcode.Increment or Opcode.IncrementQ or Opcode.Decrement or Opcode.DecrementQ:
                Count(connection, vbucket, frame, key);
                break;
            case Opcode.Touch:
                RespondCas(connection, header, vbucket.Touch(key, BinaryPrimitives.ReadUInt32BigEndian(extras)));
                break;
            case Opcode.Gat or Opcode.GatQ:
                connection.RespondDocument(header, vbucket.Touch(key, BinaryPrimitives.ReadUInt32BigEndian(extras)));
                break;
            case Opcode.GetMeta or Opcode.GetQMeta:
                MetaCommands.GetMeta(connection, frame, vbucket.GetWithTombstone(key));
                break;
            default:
                RespondMutation(connection, header, MetaCommands.Store(vbucket, frame, key));
                break;
        }
    }

    private static void Store(
        ClientConnection connection, VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key, StoreMode mode, bool preserveExpiry)
    {
        var header = frame.Header;
        if (mode == StoreMode.Add && preserveExpiry)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        if (!TryReadValue(connection, header, frame.Value, out var inflated))
            return;
        var body = inflated ?? frame.Value;
        if (body.Length > DocumentLimits.MaxValueLength)
        {
            connection.Refuse(header, Status.TooBig);
            return;
        }
        RespondMutation(connection, header, vbucket.Store(new StoreRequest
        {
            Mode = mode,
            Key = key,
            Value = frame.Value,
            Flags = BinaryPrimitives.ReadUInt32BigEndian(frame.Extras),
            Expiry = BinaryPrimitives.ReadUInt32BigEndian(frame.Extras[4..]),
            PreserveExpiry = preserveExpiry,
            Datatype = JsonDetection.DatatypeOf(body) | (inflated is null ? 0 : Datatype.Snappy),
            Cas = header.Cas,
        }));
    }

    private static void Concatenate(ClientConnection connection, VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key)
    {
        if (!TryReadValue(connection, frame.Header, frame.Value, out var inflated))
            return;
        var behind = frame.Header.Opcode is Opcode.Append or Opcode.AppendQ;
        RespondMutation(connection, frame.Header, vbucket.Concatenate(key, inflated ?? frame.Value, frame.Header.Cas, behind));
    }

    private static void Count(ClientConnection connection, VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key)
    {
        var header = frame.Header;
        var outcome = vbucket.Count(new CounterRequest
        {
            Key = key,
            Up = header.Opcode is Opcode.Increment or Opcode.IncrementQ,
            Delta = BinaryPrimitives.ReadUInt64BigEndian(frame.Extras),
            Initial = BinaryPrimitives.ReadUInt64BigEndian(frame.Extras[8..]),
            Expiry = BinaryPrimitives.ReadUInt32BigEndian(frame.Extras[16..]),
            Cas = header.Cas,
        });
        if (outcome.Item is null)
        {
            connection.Refuse(header, outcome.Status);
            return;
        }
        Span<byte> number = stackalloc byte[8];
        var value = ulong.Parse(DocumentValue.BodyOf(outcome.Item), NumberStyles.None, CultureInfo.InvariantCulture);
        BinaryPrimitives.WriteUInt64BigEndian(number, value);
        RespondMutation(connection, header, outcome, number);
    }

    private static void RespondCas(ClientConnection connection, in FrameHeader header, in DocumentOutcome outcome)
    {
        if (outcome.Item is null)
            connection.Refuse(header, outcome.Status);
        else
            connection.Respond(header, cas: outcome.Cas);
    }

    /// <summary>Answers a change, or says why it was not made. One that waits for other nodes is answered later.</summary>
    public static void RespondMutation(
        ClientConnection connection, in FrameHeader header, in DocumentOutcome outcome, ReadOnlySpan<byte> value = default,
        Datatype datatype = Datatype.Raw)
    {
        if (outcome.Item is not { } item)
        {
            connection.Refuse(header, outcome.Status);
            return;
        }
        if (outcome.IsPending)
        {
            connection.Hold();
            SyncWriteScope.Current!.Prepared(value);
            return;
        }
        if (header.Opcode is >= Opcode.SetQ and <= Opcode.DecrementQ or Opcode.AppendQ or Opcode.PrependQ
            or Opcode.SetQWithMeta or Opcode.AddQWithMeta or Opcode.DelQWithMeta)
            return;
        Span<byte> extras = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(extras, outcome.Uuid.Value);
        BinaryPrimitives.WriteUInt64BigEndian(extras[8..], item.Seqno);
        connection.Respond(header, outcome.Status, connection.Features.MutationSeqno ? extras : default, value: value,
            datatype: connection.AnswersJson ? datatype : Datatype.Raw, cas: item.Cas);
    }

    /// <summary>Inflates. Answers when it cannot.</summary>
    private static bool TryReadValue(ClientConnection connection, in FrameHeader header, ReadOnlySpan<byte> value, out byte[]? inflated)
    {
        inflated = null;
        if ((header.Datatype & Datatype.Xattr) != 0)
        {
            connection.Refuse(header, Status.InvalidArguments, "Request datatype invalid");
            return false;
        }
        if ((header.Datatype & Datatype.Snappy) == 0 || value.IsEmpty)
            return true;
        inflated = ValueCompression.TryInflate(value);
        if (inflated is not null)
            return true;
        connection.Refuse(header, Status.InvalidArguments, "Failed to inflate payload");
        return false;
    }

    private static RequestCheck? CheckFor(Opcode opcode) => opcode switch
    {
        Opcode.Get or Opcode.GetQ or Opcode.GetK or Opcode.GetKQ or Opcode.GetReplica or Opcode.GetEx or Opcode.GetExReplica => Bare,
        Opcode.Set or Opcode.SetQ or Opcode.Replace or Opcode.ReplaceQ => Storing,
        Opcode.Add or Opcode.AddQ => Adding,
        Opcode.Delete or Opcode.DeleteQ => Bare,
        Opcode.Append or Opcode.AppendQ or Opcode.Prepend or Opcode.PrependQ => Concatenating,
        Opcode.Increment or Opcode.IncrementQ or Opcode.Decrement or Opcode.DecrementQ => Counting,
        Opcode.Touch or Opcode.Gat or Opcode.GatQ => Touching,
        Opcode.GetLocked => Locking,
        Opcode.UnlockKey => Unlocking,
        Opcode.GetMeta or Opcode.GetQMeta => MetaCommands.GetMetaCheck,
        Opcode.SetWithMeta or Opcode.SetQWithMeta or Opcode.AddWithMeta or Opcode.AddQWithMeta
            or Opcode.DelWithMeta or Opcode.DelQWithMeta => MetaCommands.WithMetaCheck,
        _ => SubDocumentReader.IsSubDocument(opcode) ? SubDocumentCommands.Check : null,
    };
}
