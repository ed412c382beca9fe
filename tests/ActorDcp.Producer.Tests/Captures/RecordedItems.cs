using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>The items that other clients decoded from the vbuckets of a capture.</summary>
internal sealed class RecordedItems
{
    private const Datatype Kept = Datatype.Json | Datatype.Xattr;
    private readonly Dictionary<(int VBucket, ulong Seqno), JsonElement> _withXattrs = [];
    private readonly Dictionary<(int VBucket, ulong Seqno), JsonElement> _withTimes = [];

    public RecordedItems(JsonElement expect)
    {
        if (!expect.TryGetProperty("items", out var lists) || lists.ValueKind != JsonValueKind.Object)
            return;
        foreach (var list in lists.EnumerateObject())
        {
            if (list.Value.ValueKind != JsonValueKind.Array)
                continue;
            var into = list.Name.StartsWith("java", StringComparison.Ordinal) ? _withXattrs : _withTimes;
            foreach (var item in list.Value.EnumerateArray())
                into[(item.GetProperty("vb").GetInt32(), item.GetProperty("seqno").GetUInt64())] = item;
        }
    }

    /// <summary>Those whose values are known from any capture.</summary>
    public IEnumerable<(int VBucket, StoredItem Item)> All
    {
        get
        {
            foreach (var ((vbucket, seqno), facts) in _withXattrs)
                if (CorpusOfValues.Find(facts.GetProperty("sha1").GetString()!) is { } value)
                    yield return (vbucket, Create(vbucket, seqno, KeyOf(facts), value, null));
        }
    }

    public static IEnumerable<(int VBucket, FailoverLog Log)> ReadLogs(JsonElement expect)
    {
        if (expect.TryGetProperty("failover_logs", out var logs) && logs.ValueKind == JsonValueKind.Object)
            foreach (var log in logs.EnumerateObject())
                yield return (int.Parse(log.Name, CultureInfo.InvariantCulture), ReadLog(log.Value));
        if (expect.TryGetProperty("failover_log", out var single) && single.ValueKind == JsonValueKind.Array)
            yield return (expect.TryGetProperty("vb", out var vbucket) ? vbucket.GetInt32() : 0, ReadLog(single));
    }

    /// <summary>Where the vbuckets stood, as was asked apart from the recording.</summary>
    public static IEnumerable<(int VBucket, ulong High)> ReadHighSeqnos(JsonElement expect)
    {
        if (expect.TryGetProperty("high_seqnos", out var highs) && highs.ValueKind == JsonValueKind.Object)
            foreach (var high in highs.EnumerateObject())
                yield return (int.Parse(high.Name, CultureInfo.InvariantCulture), high.Value.GetUInt64());
        if (expect.TryGetProperty("high", out var single) && single.ValueKind == JsonValueKind.Number)
            yield return (expect.TryGetProperty("vb", out var vbucket) ? vbucket.GetInt32() : 0, single.GetUInt64());
    }

    /// <summary>The change that a message tells of, with what the message left out.</summary>
    public StoredItem Read(RawFrame frame, byte[] key)
    {
        var vbucket = frame.Header.VBucketOrStatus;
        var value = CorpusOfValues.Inflated(frame);
        if (_withXattrs.TryGetValue((vbucket, frame.Seqno), out var facts) && CorpusOfValues.Find(facts.GetProperty("sha1").GetString()!) is { } known)
            value = known;
        var item = Create(vbucket, frame.Seqno, key, value, frame);
        item.IsCold = (frame.Header.Datatype & Datatype.Snappy) != 0;
        return item;
    }

    public static FailoverLog ReadLog(JsonElement log) => new(log.EnumerateArray().Select(entry => new FailoverLogEntry(
        VBucketUuid.Parse(entry.GetProperty("uuid").GetString()!), new Seqno(entry.GetProperty("seqno").GetUInt64()))));

    private StoredItem Create(int vbucket, ulong seqno, byte[] key, byte[] value, RawFrame? frame)
    {
        var hasFacts = _withXattrs.TryGetValue((vbucket, seqno), out var facts);
        var times = _withTimes.TryGetValue((vbucket, seqno), out var found) ? found : facts;
        if (!hasFacts)
            facts = times;
        if (facts.ValueKind != JsonValueKind.Object)
            return FromFrame(frame!, key, value);
        var kind = KindOf(times) == ItemKind.Expiration || frame?.Opcode == Opcode.DcpExpiration ? ItemKind.Expiration : KindOf(facts);
        var told = FromFrame(frame, kind);
        return StoredItem.Create(key, value, new ItemMetadata(
            seqno, ulong.Parse(facts.GetProperty("cas").GetString()!, CultureInfo.InvariantCulture), facts.GetProperty("rev").GetUInt64(),
            facts.GetProperty("flags").GetUInt32(), told ?? times.GetProperty("expiry").GetUInt32(),
            (Datatype)facts.GetProperty("datatype").GetByte() & Kept, kind));
    }

    private static StoredItem FromFrame(RawFrame frame, byte[] key, byte[] value)
    {
        var extras = frame.Extras;
        var kind = frame.Opcode switch
        {
            Opcode.DcpMutation => ItemKind.Mutation,
            Opcode.DcpExpiration => ItemKind.Expiration,
            _ => ItemKind.Deletion,
        };
        return StoredItem.Create(key, value, new ItemMetadata(
            frame.Seqno, frame.Header.Cas, BinaryPrimitives.ReadUInt64BigEndian(extras.AsSpan(8)),
            kind == ItemKind.Mutation ? BinaryPrimitives.ReadUInt32BigEndian(extras.AsSpan(16)) : 0,
            FromFrame(frame, kind) ?? (uint)(frame.Header.Cas / 1_000_000_000), frame.Header.Datatype & Kept, kind));
    }

    /// <summary>Expiry or time of deletion as a message tells it.</summary>
    private static uint? FromFrame(RawFrame? frame, ItemKind kind) => frame switch
    {
        { Opcode: Opcode.DcpMutation } when kind == ItemKind.Mutation => BinaryPrimitives.ReadUInt32BigEndian(frame.Extras.AsSpan(20)),
        { Opcode: Opcode.DcpDeletion or Opcode.DcpExpiration, Extras.Length: >= 20 } => BinaryPrimitives.ReadUInt32BigEndian(frame.Extras.AsSpan(16)),
        _ => null,
    };

    private static byte[] KeyOf(JsonElement facts)
    {
        var prefix = new byte[Leb128.MaxLength];
        var length = Leb128.Write(prefix, facts.GetProperty("cid").GetUInt32());
        return [.. prefix.AsSpan(0, length), .. Encoding.UTF8.GetBytes(facts.GetProperty("key").GetString()!)];
    }

    private static ItemKind KindOf(JsonElement facts) => facts.GetProperty("type").GetString() switch
    {
        "mutation" => ItemKind.Mutation,
        "expiration" => ItemKind.Expiration,
        _ => ItemKind.Deletion,
    };
}
