using System.Buffers.Binary;
using System.Globalization;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>GET, SET and what belongs to them (dcp-reference.md 3.21). Quiet variants answer only what is not expected.</summary>
internal static class DocumentCommands
{
    private const int KeyScratch = 256;

    public static bool TryHandle(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        if (Shape(frame.Header.Opcode) is not { } shape)
            return false;
        var header = frame.Header;
        if (!shape.Fits(header))
        {
            connection.Refuse(header, Status.InvalidArguments);
            return true;
        }
        if (bucket.TryFind(header.VBucket) is not { State: VBucketState.Active } vbucket)
        {
            connection.RefuseNotMyVBucket(header);
            return true;
        }
        Span<byte> scratch = stackalloc byte[KeyScratch];
        scoped ReadOnlySpan<byte> key = default;
        string? context = null;
        var status = OperationFraming.TryRead(frame, connection.Features, out var framing);
        if (status == Status.Success)
            status = DocumentKey.TryRead(connection, frame.Key, scratch, out key, out context);
        var durable = ToRequest(connection, header, framing);
        if (status == Status.Success)
            status = vbucket.CheckSyncWrite(key, !IsRead(header.Opcode), durable);
        if (status != Status.Success)
        {
            connection.Refuse(header, status, context);
            return true;
        }
        using var scope = new SyncWriteScope(durable);
        Run(connection, vbucket, frame, key, framing.PreserveExpiry);
        return true;
    }

    /// <summary>Who is to be told when a durable write is over; null for an ordinary operation.</summary>
    private static SyncWriteRequest? ToRequest(ClientConnection connection, FrameHeader header, in OperationFraming framing) =>
        framing.Durability is not { } level ? null : new SyncWriteRequest(level, framing.DurabilityTimeout, (outcome, value) =>
        {
            RespondMutation(connection, header, outcome, value);
            connection.Release();
        });

    private static bool IsRead(Opcode opcode) =>
        opcode is Opcode.Get or Opcode.GetQ or Opcode.GetK or Opcode.GetKQ or Opcode.GetMeta or Opcode.GetQMeta;

    private static void Run(ClientConnection connection, VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key, bool preserveExpiry)
    {
        var header = frame.Header;
        var extras = frame.Extras;
        switch (header.Opcode)
        {
            case Opcode.Get or Opcode.GetQ or Opcode.GetK or Opcode.GetKQ:
                RespondRead(connection, header, vbucket.Get(key), withKey: header.Opcode is Opcode.GetK or Opcode.GetKQ, frame.Key);
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
                Touch(connection, header, vbucket.Touch(key, BinaryPrimitives.ReadUInt32BigEndian(extras)));
                break;
            case Opcode.Gat or Opcode.GatQ:
                RespondRead(connection, header, vbucket.Touch(key, BinaryPrimitives.ReadUInt32BigEndian(extras)), false, default);
                break;
            case Opcode.GetMeta or Opcode.GetQMeta:
                GetMeta(connection, frame, vbucket.GetWithTombstone(key));
                break;
        }
    }

    private static void Store(
        ClientConnection connection, VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key, StoreMode mode, bool preserveExpiry)
    {
        var header = frame.Header;
        if (mode == StoreMode.Add && header.Cas != 0)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        if (!TryReadValue(connection, header, frame.Value, out var inflated))
            return;
        var value = inflated ?? frame.Value;
        if (value.Length > DocumentLimits.MaxValueLength)
        {
            connection.Refuse(header, Status.TooBig);
            return;
        }
        RespondMutation(connection, header, vbucket.Store(new StoreRequest
        {
            Mode = mode,
            Key = key,
            Value = value,
            Flags = BinaryPrimitives.ReadUInt32BigEndian(frame.Extras),
            Expiry = BinaryPrimitives.ReadUInt32BigEndian(frame.Extras[4..]),
            PreserveExpiry = preserveExpiry,
            Datatype = JsonDetection.DatatypeOf(value),
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
        var value = ulong.Parse(outcome.Item.Value, NumberStyles.None, CultureInfo.InvariantCulture);
        BinaryPrimitives.WriteUInt64BigEndian(number, value);
        RespondMutation(connection, header, outcome, number);
    }

    private static void Touch(ClientConnection connection, in FrameHeader header, in DocumentOutcome outcome)
    {
        if (outcome.Item is null)
            connection.Refuse(header, outcome.Status);
        else
            connection.Respond(header, cas: outcome.Item.Cas);
    }

    private static void GetMeta(ClientConnection connection, in Frame frame, in DocumentOutcome outcome)
    {
        var header = frame.Header;
        if (outcome.Item is not { } item)
        {
            if (header.Opcode == Opcode.GetMeta)
                connection.Refuse(header, outcome.Status);
            return;
        }
        Span<byte> extras = stackalloc byte[21];
        BinaryPrimitives.WriteUInt32BigEndian(extras, item.IsDeleted ? 1u : 0u);
        BinaryPrimitives.WriteUInt32BigEndian(extras[4..], item.Flags);
        BinaryPrimitives.WriteUInt32BigEndian(extras[8..], item.Expiry);
        BinaryPrimitives.WriteUInt64BigEndian(extras[12..], item.Rev);
        extras[20] = (byte)item.Datatype;
        var withDatatype = header.ExtrasLength == 1 && frame.Extras[0] == 2;
        connection.Respond(header, extras: withDatatype ? extras : extras[..20], cas: item.Cas);
    }

    private static void RespondRead(
        ClientConnection connection, in FrameHeader header, in DocumentOutcome outcome, bool withKey, ReadOnlySpan<byte> wireKey)
    {
        if (outcome.Item is not { } item)
        {
            if (header.Opcode is not (Opcode.GetQ or Opcode.GetKQ or Opcode.GatQ))
                connection.Refuse(header, outcome.Status);
            return;
        }
        Span<byte> extras = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(extras, item.Flags);
        var datatype = connection.AnswersJson ? item.Datatype & Datatype.Json : Datatype.Raw;
        connection.Respond(header, extras: extras, key: withKey ? wireKey : default, value: item.Value, datatype: datatype, cas: item.Cas);
    }

    private static void RespondMutation(
        ClientConnection connection, in FrameHeader header, in DocumentOutcome outcome, ReadOnlySpan<byte> value = default)
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
        if (header.Opcode is >= Opcode.SetQ and <= Opcode.DecrementQ or Opcode.AppendQ or Opcode.PrependQ)
            return;
        Span<byte> extras = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(extras, outcome.Uuid.Value);
        BinaryPrimitives.WriteUInt64BigEndian(extras[8..], item.Seqno);
        connection.Respond(header, extras: connection.Features.MutationSeqno ? extras : default, value: value, cas: item.Cas);
    }

    /// <summary>Checks the datatype and inflates. Answers when it cannot.</summary>
    private static bool TryReadValue(ClientConnection connection, in FrameHeader header, ReadOnlySpan<byte> value, out byte[]? inflated)
    {
        inflated = null;
        var features = connection.Features;
        var allowed = (features.Json ? Datatype.Json : 0) | (features.Snappy ? Datatype.Snappy : 0);
        if ((header.Datatype & ~allowed) != 0)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return false;
        }
        if ((header.Datatype & Datatype.Snappy) == 0 || value.IsEmpty)
            return true;
        inflated = ValueCompression.TryInflate(value);
        if (inflated is not null)
            return true;
        connection.Refuse(header, Status.InvalidArguments, "the value is no Snappy block, or too large");
        return false;
    }

    private static CommandShape? Shape(Opcode opcode) => opcode switch
    {
        Opcode.Get or Opcode.GetQ or Opcode.GetK or Opcode.GetKQ => new(0, HasValue: false),
        Opcode.Set or Opcode.SetQ or Opcode.Add or Opcode.AddQ or Opcode.Replace or Opcode.ReplaceQ => new(8, HasValue: true),
        Opcode.Delete or Opcode.DeleteQ => new(0, HasValue: false),
        Opcode.Append or Opcode.AppendQ or Opcode.Prepend or Opcode.PrependQ => new(0, HasValue: true),
        Opcode.Increment or Opcode.IncrementQ or Opcode.Decrement or Opcode.DecrementQ => new(20, HasValue: false),
        Opcode.Touch or Opcode.Gat or Opcode.GatQ => new(4, HasValue: false),
        Opcode.GetMeta or Opcode.GetQMeta => new(0, HasValue: false, OptionalExtras: 1),
        _ => null,
    };

    private readonly record struct CommandShape(int Extras, bool HasValue, int OptionalExtras = 0)
    {
        public bool Fits(in FrameHeader header) =>
            header.KeyLength > 0
            && (header.ExtrasLength == Extras || (OptionalExtras > 0 && header.ExtrasLength == OptionalExtras))
            && (HasValue || header.ValueLength == 0);
    }
}
