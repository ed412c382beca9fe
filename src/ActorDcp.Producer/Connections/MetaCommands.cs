using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Producer.Connections;

/// <summary>GET_META, and writes that bring their metadata along (dcp-reference.md 3.21).</summary>
internal static class MetaCommands
{
    private const int PlainExtras = 24;
    private const int WithExtendedLength = 26;
    private const int WithOptions = 28;
    private const int WithBoth = 30;

    [Flags]
    private enum MetaOptions : uint
    {
        ForceWithMeta = 0x01,
        ForceAccept = 0x02,
        RegenerateCas = 0x04,
        SkipConflictResolution = 0x08,
        IsExpiration = 0x10,
        All = 0x1f,
    }

    public static RequestCheck GetMetaCheck { get; } = new(0, HasValue: false, 1);

    public static RequestCheck WithMetaCheck { get; } = new(PlainExtras, HasValue: null, WithExtendedLength, WithOptions, WithBoth) { MayBeCompressed = true };

    /// <summary>Extras: @0 u32 deleted; @4 u32 flags; @8 u32 expiry; @12 u64 rev; @20 u8 datatype, if asked for.</summary>
    public static void GetMeta(ClientConnection connection, in Frame frame, in DocumentOutcome outcome)
    {
        var header = frame.Header;
        if (header.ExtrasLength == 1 && frame.Extras[0] is not (1 or 2))
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
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
        connection.Respond(header, extras: withDatatype ? extras : extras[..20], cas: outcome.Cas);
    }

    /// <summary>Extras: @0 u32 flags; @4 u32 expiry; @8 u64 rev; @16 u64 cas; [u32 options] [u16 length of more metadata behind the value].</summary>
    public static DocumentOutcome Store(VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key)
    {
        var header = frame.Header;
        var extras = frame.Extras;
        var options = extras.Length is WithOptions or WithBoth ? (MetaOptions)BinaryPrimitives.ReadUInt32BigEndian(extras[PlainExtras..]) : 0;
        var extended = extras.Length is WithExtendedLength or WithBoth ? BinaryPrimitives.ReadUInt16BigEndian(extras[^2..]) : 0;
        var isDeletion = header.Opcode is Opcode.DelWithMeta or Opcode.DelQWithMeta;
        if (!AreAllowed(options, isDeletion, vbucket.LastWriteWins) || extended > header.ValueLength)
            return DocumentOutcome.Refused(Status.InvalidArguments);
        var datatype = header.Datatype;
        var value = frame.Value[..^extended];
        if (!TryShape(ref value, ref datatype, isDeletion))
            return DocumentOutcome.Refused(Status.InvalidArguments);
        if (value.Length > DocumentLimits.MaxValueLength)
            return DocumentOutcome.Refused(Status.TooBig);
        return vbucket.StoreWithMeta(new MetaRequest
        {
            Kind = !isDeletion ? ItemKind.Mutation : (options & MetaOptions.IsExpiration) != 0 ? ItemKind.Expiration : ItemKind.Deletion,
            Key = key,
            Value = value,
            Datatype = datatype,
            Flags = BinaryPrimitives.ReadUInt32BigEndian(extras),
            Expiry = BinaryPrimitives.ReadUInt32BigEndian(extras[4..]),
            Rev = BinaryPrimitives.ReadUInt64BigEndian(extras[8..]),
            Cas = BinaryPrimitives.ReadUInt64BigEndian(extras[16..]),
            ExpectedCas = header.Cas,
            OnlyAdd = header.Opcode is Opcode.AddWithMeta or Opcode.AddQWithMeta,
            SkipsConflictResolution = (options & (MetaOptions.SkipConflictResolution | MetaOptions.ForceWithMeta)) != 0,
            RegeneratesCas = (options & MetaOptions.RegenerateCas) != 0,
        });
    }

    /// <summary>Who writes into a bucket where the last write wins must say that his clock is right; elsewhere nobody may.</summary>
    private static bool AreAllowed(MetaOptions options, bool isDeletion, bool lastWriteWins) =>
        (options & ~MetaOptions.All) == 0
        && (options & MetaOptions.ForceAccept) != 0 == lastWriteWins
        && ((options & MetaOptions.RegenerateCas) == 0 || (options & (MetaOptions.SkipConflictResolution | MetaOptions.ForceWithMeta)) != 0)
        && (isDeletion || (options & MetaOptions.IsExpiration) == 0);

    /// <summary>Checks a value and brings it into the form it is kept in. A deletion has no body.</summary>
    private static bool TryShape(ref ReadOnlySpan<byte> value, ref Datatype datatype, bool isDeletion)
    {
        var inflated = value;
        if ((datatype & Datatype.Snappy) != 0 && !value.IsEmpty)
        {
            if (ValueCompression.TryInflate(value) is not { } block)
                return false;
            inflated = block;
        }
        if ((datatype & Datatype.Xattr) == 0)
        {
            var compressed = (datatype & Datatype.Snappy) != 0 && !value.IsEmpty;
            datatype = JsonDetection.DatatypeOf(inflated) | (compressed ? Datatype.Snappy : 0);
            if (isDeletion)
            {
                value = default;
                datatype = Datatype.Raw;
            }
            return true;
        }
        if (!TryFindBody(inflated, out var body))
            return false;
        value = isDeletion ? inflated[..body] : inflated;
        datatype = Datatype.Xattr | (isDeletion ? Datatype.Raw : JsonDetection.DatatypeOf(inflated[body..]));
        return true;
    }

    private static bool TryFindBody(ReadOnlySpan<byte> value, out int body)
    {
        body = 0;
        try
        {
            body = XattrSection.BodyOffset(value);
            for (var attributes = XattrSection.Read(value); attributes.MoveNext();)
            {
                // walking over the section shows that it is whole
            }
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
