using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Handlers.JsonLines;

/// <summary>The words of the lines, encoded once.</summary>
internal static class JsonNames
{
    public static readonly JsonEncodedText VBucket = Encode("vb");
    public static readonly JsonEncodedText Type = Encode("type");
    public static readonly JsonEncodedText Seqno = Encode("seqno");
    public static readonly JsonEncodedText Key = Encode("key");
    public static readonly JsonEncodedText KeyBase64 = Encode("key_base64");
    public static readonly JsonEncodedText Cas = Encode("cas");
    public static readonly JsonEncodedText Rev = Encode("rev");
    public static readonly JsonEncodedText Flags = Encode("flags");
    public static readonly JsonEncodedText Expiry = Encode("expiry");
    public static readonly JsonEncodedText DeleteTime = Encode("delete_time");
    public static readonly JsonEncodedText Datatype = Encode("datatype");
    public static readonly JsonEncodedText CollectionId = Encode("cid");
    public static readonly JsonEncodedText Length = Encode("len");
    public static readonly JsonEncodedText Sha1 = Encode("sha1");
    public static readonly JsonEncodedText Value = Encode("value");
    public static readonly JsonEncodedText ValueBase64 = Encode("value_base64");
    public static readonly JsonEncodedText Start = Encode("start");
    public static readonly JsonEncodedText End = Encode("end");
    public static readonly JsonEncodedText Version = Encode("version");
    public static readonly JsonEncodedText MaxVisibleSeqno = Encode("max_visible_seqno");
    public static readonly JsonEncodedText HighCompletedSeqno = Encode("high_completed_seqno");
    public static readonly JsonEncodedText PurgeSeqno = Encode("purge_seqno");
    public static readonly JsonEncodedText HighPreparedSeqno = Encode("high_prepared_seqno");
    public static readonly JsonEncodedText Event = Encode("event");
    public static readonly JsonEncodedText Scope = Encode("scope");
    public static readonly JsonEncodedText Name = Encode("name");
    public static readonly JsonEncodedText Manifest = Encode("manifest");
    public static readonly JsonEncodedText MaxTtl = Encode("max_ttl");
    public static readonly JsonEncodedText Begin = Encode("begin");
    public static readonly JsonEncodedText PreparedSeqno = Encode("prepared_seqno");
    public static readonly JsonEncodedText Level = Encode("level");
    public static readonly JsonEncodedText Reason = Encode("reason");
    public static readonly JsonEncodedText Code = Encode("code");
    public static readonly JsonEncodedText From = Encode("from");
    public static readonly JsonEncodedText To = Encode("to");
    public static readonly JsonEncodedText Why = Encode("why");
    public static readonly JsonEncodedText VBuuid = Encode("vbuuid");
    public static readonly JsonEncodedText At = Encode("at");
    public static readonly JsonEncodedText Member = Encode("member");
    public static readonly JsonEncodedText Epoch = Encode("epoch");

    public static readonly JsonEncodedText Mutation = Encode("mutation");
    public static readonly JsonEncodedText Deletion = Encode("deletion");
    public static readonly JsonEncodedText Expiration = Encode("expiration");
    public static readonly JsonEncodedText Snapshot = Encode("snapshot");
    public static readonly JsonEncodedText SystemEvent = Encode("system_event");
    public static readonly JsonEncodedText SeqnoAdvanced = Encode("seqno_advanced");
    public static readonly JsonEncodedText Oso = Encode("oso");
    public static readonly JsonEncodedText Prepare = Encode("prepare");
    public static readonly JsonEncodedText Commit = Encode("commit");
    public static readonly JsonEncodedText Abort = Encode("abort");
    public static readonly JsonEncodedText StreamEnd = Encode("stream_end");
    public static readonly JsonEncodedText RolledBack = Encode("rolled_back");

    public static string Of(StreamEndReason reason) => Spell(reason, (uint)reason);

    public static string Of(RollbackReason reason) => Spell(reason, (uint)reason);

    public static string Of(CollectionEventKind kind) => Spell(kind, (uint)kind);

    // snake_case for codes we know, 0xNN for others
    private static string Spell<TEnum>(TEnum value, uint code)
        where TEnum : struct, Enum =>
        Enum.GetName(value) is { } name
            ? JsonNamingPolicy.SnakeCaseLower.ConvertName(name)
            : string.Create(CultureInfo.InvariantCulture, $"0x{code:x2}");

    private static JsonEncodedText Encode(string name) => JsonEncodedText.Encode(name);
}
