using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Documents;

/// <summary>A producer of one vbucket and a client that may do everything with its documents.</summary>
internal sealed class DocumentClient : IAsyncDisposable
{
    public static readonly HelloFeature[] Features =
    [
        HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Snappy, HelloFeature.Json, HelloFeature.MutationSeqno, HelloFeature.Collections,
        HelloFeature.Xattr, HelloFeature.AltRequest, HelloFeature.PreserveTtl, HelloFeature.VAttr, HelloFeature.SubdocCreateAsDeleted,
        HelloFeature.SubdocDocumentMacroSupport, HelloFeature.SubdocReplaceBodyWithXattr, HelloFeature.SubdocBinaryXattr,
    ];

    private bool _owns = true;
    private uint _opaque = 1_000_000;

    private DocumentClient(EmbeddedProducer producer, RawClient raw)
    {
        Producer = producer;
        Raw = raw;
    }

    public EmbeddedProducer Producer { get; }

    public RawClient Raw { get; }

    public static async Task<DocumentClient> StartAsync(EmbeddedProducerOptions? options = null)
    {
        var producer = await EmbeddedProducer.StartAsync(options ?? new EmbeddedProducerOptions { VBuckets = 1 });
        return new DocumentClient(producer, await RawClient.LoginAsync(producer, Features));
    }

    /// <summary>Another user of the same producer.</summary>
    public async Task<DocumentClient> LoginAsync(string user, string password, params HelloFeature[] more)
    {
        var raw = await RawClient.ConnectAsync(Producer);
        await raw.HelloAsync([.. Features, .. more]);
        await raw.AuthenticateAsync(user, password);
        await raw.SelectBucketAsync(Producer.Bucket.Name);
        return new DocumentClient(Producer, raw) { _owns = false };
    }

    public async ValueTask DisposeAsync()
    {
        await Raw.DisposeAsync();
        if (_owns)
            await Producer.DisposeAsync();
    }

    public static byte[] Key(string key) => [0, .. Encoding.UTF8.GetBytes(key)];

    public static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    public Task<RawFrame> SetAsync(string key, string value, ulong cas = 0, uint flags = 0, uint expiry = 0) =>
        Raw.AskAsync(Opcode.Set, 0, [.. RawClient.U32(flags), .. RawClient.U32(expiry)], Key(key), Encoding.UTF8.GetBytes(value), cas: cas);

    public Task<RawFrame> GetAsync(string key) => Raw.AskAsync(Opcode.Get, key: Key(key));

    public Task<RawFrame> DeleteAsync(string key, ulong cas = 0) => Raw.AskAsync(Opcode.Delete, key: Key(key), cas: cas);

    /// <summary>A sub-document request of one path.</summary>
    public Task<RawFrame> PathAsync(Opcode opcode, string key, string path, string value = "", int flags = 0, int? documentFlags = null, uint? expiry = null, ulong cas = 0)
    {
        byte[] extras = [.. U16(Encoding.UTF8.GetByteCount(path)), (byte)flags];
        if (expiry is { } time)
            extras = [.. extras, .. RawClient.U32(time)];
        if (documentFlags is { } document)
            extras = [.. extras, (byte)document];
        return Raw.AskAsync(opcode, 0, extras, Key(key), Encoding.UTF8.GetBytes(path + value), cas: cas);
    }

    public Task<RawFrame> LookupAsync(string key, int? documentFlags, params (Opcode Opcode, int Flags, string Path)[] specs) =>
        Raw.AskAsync(Opcode.SubdocMultiLookup, 0, documentFlags is { } flags ? [(byte)flags] : [], Key(key),
            [.. specs.SelectMany(spec => (byte[])[(byte)spec.Opcode, (byte)spec.Flags, .. U16(Encoding.UTF8.GetByteCount(spec.Path)), .. Encoding.UTF8.GetBytes(spec.Path)])]);

    public Task<RawFrame> MutateAsync(string key, int? documentFlags, params (Opcode Opcode, int Flags, string Path, string Value)[] specs) =>
        MutateAsync(key, documentFlags, null, 0, specs);

    public Task<RawFrame> MutateAsync(
        string key, int? documentFlags, uint? expiry, ulong cas, params (Opcode Opcode, int Flags, string Path, string Value)[] specs)
    {
        byte[] extras = expiry is { } time ? RawClient.U32(time) : [];
        if (documentFlags is { } flags)
            extras = [.. extras, (byte)flags];
        return Raw.AskAsync(Opcode.SubdocMultiMutation, 0, extras, Key(key),
            [.. specs.SelectMany(spec => (byte[])[
                (byte)spec.Opcode, (byte)spec.Flags, .. U16(Encoding.UTF8.GetByteCount(spec.Path)), .. RawClient.U32((uint)Encoding.UTF8.GetByteCount(spec.Value)),
                .. Encoding.UTF8.GetBytes(spec.Path), .. Encoding.UTF8.GetBytes(spec.Value)])], cas: cas);
    }

    /// <summary>As <see cref="RawClient.AskAsync"/>, with framing extras.</summary>
    public async Task<RawFrame> AskFramedAsync(Opcode opcode, byte[] framing, byte[] extras, string key, string value)
    {
        var opaque = _opaque++;
        await Raw.SendAsync(opcode, 0, opaque, extras, Key(key), Encoding.UTF8.GetBytes(value), framing: framing);
        var answers = await Raw.ReadUntilAsync(frame => frame.Header.Opaque == opaque);
        return answers[^1];
    }

    /// <summary>What a lookup answered: status and value of each path.</summary>
    public static (Status Status, string Value)[] Results(RawFrame frame)
    {
        var results = new List<(Status, string)>();
        for (var rest = frame.Value.AsMemory(); !rest.IsEmpty;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32BigEndian(rest.Span[2..]);
            results.Add(((Status)BinaryPrimitives.ReadUInt16BigEndian(rest.Span), Encoding.UTF8.GetString(rest.Span.Slice(6, length))));
            rest = rest[(6 + length)..];
        }
        return [.. results];
    }
}
