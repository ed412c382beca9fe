using System.Text;
using ActorDcp.Producer;
using ActorDcp.Producer.Tests;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Values;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>Documents of every form that a data node stores, written by a client of its own.</summary>
internal static class EveryDocument
{
    private const int XattrPath = 0x04;

    /// <summary>What each value is, attributes included, once it is inflated.</summary>
    public static readonly IReadOnlyDictionary<string, byte[]> Values = new Dictionary<string, byte[]>(StringComparer.Ordinal)
    {
        ["plain"] = Text("plain"),
        ["compressed"] = Text("compressed"),
        ["attributes"] = [.. Section, .. Text("attributes")],
        ["compressed-attributes"] = [.. Section, .. Text("compressed-attributes")],
    };

    /// <summary>One pair, <c>_sync</c>, which a deletion keeps.</summary>
    public static byte[] Section => [0, 0, 0, 19, 0, 0, 0, 15, .. "_sync"u8, 0, .. "{\"r\":12}"u8, 0];

    public static byte[] Body(string key) => Text(key);

    /// <summary>Writes each of <see cref="Values"/> and deletes one more document, whose attribute stays.</summary>
    public static async Task WriteAsync(EmbeddedProducer producer)
    {
        await using var client = await RawClient.LoginAsync(
            producer, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Snappy, HelloFeature.Json, HelloFeature.Xattr,
            HelloFeature.Collections, HelloFeature.AltRequest, HelloFeature.MutationSeqno);
        await DoneAsync(client.AskAsync(Opcode.Set, extras: new byte[8], key: Key("plain"), value: Text("plain")));
        await DoneAsync(client.AskAsync(
            Opcode.Set, extras: new byte[8], key: Key("compressed"), value: SnappyBlock.Deflate(Text("compressed")), datatype: Datatype.Snappy));
        await DoneAsync(client.AskAsync(Opcode.Set, extras: new byte[8], key: Key("attributes"), value: Text("attributes")));
        await AttributeAsync(client, "attributes");
        await DoneAsync(client.AskAsync(
            Opcode.SetWithMeta, extras: [.. new byte[15], 7, .. new byte[7], 9], key: Key("compressed-attributes"),
            value: SnappyBlock.Deflate(Values["compressed-attributes"]), datatype: Datatype.Snappy | Datatype.Xattr | Datatype.Json));
        await DoneAsync(client.AskAsync(Opcode.Set, extras: new byte[8], key: Key("deleted"), value: Text("deleted")));
        await AttributeAsync(client, "deleted");
        await DoneAsync(client.AskAsync(Opcode.Delete, key: Key("deleted")));
    }

    private static Task AttributeAsync(RawClient client, string key) => DoneAsync(client.AskAsync(
        Opcode.SubdocDictUpsert, extras: [0, 5, XattrPath], key: Key(key), value: "_sync{\"r\":12}"u8.ToArray()));

    private static async Task DoneAsync(Task<RawFrame> answer) => Assert.Equal(Status.Success, (await answer).Status);

    private static byte[] Key(string key) => [0, .. Encoding.UTF8.GetBytes(key)];

    private static byte[] Text(string key) => Encoding.UTF8.GetBytes($$"""{"key":"{{key}}","text":"{{string.Concat(Enumerable.Repeat("again and again ", 30))}}"}""");
}
