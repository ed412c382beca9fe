using System.Globalization;
using System.Buffers;
using System.Text;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Requests;

public sealed class ReferenceRequestsTests
{
    private static readonly VBucketId VBucket = new(115);

    public static TheoryData<string, Action<IBufferWriter<byte>>> Requests => new()
    {
        {
            "7.1",
            output => BootstrapRequests.WriteHelo(
                output, 1, """{"a":"CsDcp/1.0","i":"00000001/00000002"}""",
                [
                    HelloFeature.TcpNoDelay, HelloFeature.Xattr, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Snappy,
                    HelloFeature.Json, HelloFeature.Collections, HelloFeature.SnappyEverywhere, HelloFeature.GetClusterConfigWithKnownVersion,
                ])
        },
        { "7.3", output => BootstrapRequests.WriteSaslAuth(output, 2, "PLAIN", "\0Administrator\0password"u8) },
        { "7.5", output => BootstrapRequests.WriteSaslAuth(output, 3, "SCRAM-SHA256", "n,,n=Administrator,r=0123456789abcdef"u8) },
        { "7.6", output => BootstrapRequests.WriteSelectBucket(output, 5, "travel-sample") },
        {
            "7.7",
            output => DcpRequests.WriteOpen(
                output, 6, DcpConnectionName.Parse("csdcp/0001:vb0-511"),
                DcpOpenFlags.Producer | DcpOpenFlags.IncludeXattrs | DcpOpenFlags.IncludeDeleteTimes)
        },
        { "7.8", output => DcpRequests.WriteControl(output, 7, ControlKeys.ConnectionBufferSize, "20971520") },
        { "7.9", output => DcpRequests.WriteControl(output, 8, ControlKeys.EnableNoop, "true") },
        {
            "7.10",
            output => DcpRequests.WriteStreamReq(
                output, VBucket, 0x00730001, flags: 0,
                new StreamOffset(new VBucketUuid(0xA1B2C3D4E5F6), new Seqno(1000), new StreamSnapshot(new Seqno(990), new Seqno(1010))),
                Seqno.Max, StreamRequestValue.Write(collectionIds: [8, 9], manifestUid: 4))
        },
        { "7.27", output => DcpRequests.WriteBufferAck(output, 4096) },
        { "7.29", output => DcpRequests.WriteNoopReply(output, 0x00989681) },
        { "7.33", output => VBucketRequests.WriteObserveSeqno(output, VBucket, 9, new VBucketUuid(0xA1B2C3D4E5F6)) },
        { "7.36", output => VBucketRequests.WriteGetAllVBucketSeqnos(output, 10, VBucketStateFilter.Active) },
        {
            "7.39",
            output => DocumentRequests.WriteStore(
                output, StoreMode.Set, VBucket, 11, CollectionKey.Encode(8, "k1"u8), """{"a":1}"""u8, datatype: Datatype.Json)
        },
        { "7.44", output => CollectionRequests.WriteGetCollectionId(output, 13, "inventory", "hotel") },
        { "7.46", output => BootstrapRequests.WriteGetClusterConfig(output, 14, 1, 4242) },
        { "7.47", output => VBucketRequests.WriteStat(output, 15, "vbucket-seqno 115") },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_has_the_bytes_of_the_reference(string section, Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        Assert.Equal(Convert.ToHexString(Reference.Bytes(section)), Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void A_stream_id_travels_in_the_value_of_a_request_and_in_the_framing_of_a_close()
    {
        Assert.Equal("""{"scope":"8","sid":71}""", Encoding.UTF8.GetString(StreamRequestValue.Write(scopeId: 8, streamId: 71)));
        var output = new ArrayBufferWriter<byte>();
        DcpRequests.WriteCloseStream(output, VBucket, 1, streamId: 71);
        Assert.Equal("0852030000000073000000030000000100000000000000002200" + "47", Convert.ToHexStringLower(output.WrittenSpan));
    }

    [Fact]
    public void A_request_for_everything_has_no_value()
    {
        Assert.Empty(StreamRequestValue.Write());
        Assert.Equal("""{"purge_seqno":"420"}""", Encoding.UTF8.GetString(StreamRequestValue.Write(purgeSeqno: new Seqno(420))));
    }

    [Fact]
    public void A_filter_that_the_server_refuses_or_drops_the_connection_for_is_not_written()
    {
        Assert.Throws<ArgumentException>(() => StreamRequestValue.Write(collectionIds: [8], scopeId: 8));
        Assert.Throws<ArgumentException>(() => StreamRequestValue.Write(collectionIds: [8, 9, 8]));
        Assert.Throws<ArgumentException>(() => StreamRequestValue.Write(streamId: 0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a{b")]
    [InlineData("a}b")]
    [InlineData("my-Replication-stream")]
    public void A_connection_name_that_breaks_a_rule_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => DcpConnectionName.Parse(name));

    [Fact]
    public void A_connection_name_is_made_legal_and_keeps_what_makes_it_unique()
    {
        Assert.Equal("group-a/node1/7f", DcpConnectionName.Create("{group}-a", "node1", "7f").Value);
        Assert.Equal("repl/1", DcpConnectionName.Create("replication", "1").Value);
        var longName = DcpConnectionName.Create(new string('ä', 300), "node1:11210", "abcdef").Value;
        Assert.EndsWith("/node1:11210/abcdef", longName, StringComparison.Ordinal);
        Assert.True(Encoding.UTF8.GetByteCount(longName) is > 190 and <= 200);
        Assert.Throws<ArgumentException>(() => DcpConnectionName.Create("a", new string('b', 300)));
        Assert.Throws<ArgumentException>(() => DcpConnectionName.Parse(new string('a', 201)));
    }

    [Theory]
    [InlineData("actordcp", "group", "member")]
    [InlineData("actordcp", "g{ro}up", "")]
    [InlineData("actordcp", "Replication-of-orders", "replica{}tion")]
    [InlineData("actordcp", "100", "150")]
    [InlineData("actordcp", "300", "300")]
    [InlineData("ü300", "ü100", "ü100")]
    [InlineData("actordcp", "\ud83d\udc22200", "\u540d\u524d100")]
    public void A_connection_name_of_any_parts_is_legal_and_ends_with_what_makes_it_unique(string first, string group, string member)
    {
        const string unique = "/0123456789abcdef0123456789abcdef";

        var name = DcpConnectionName.Create(Spelled(first), Spelled(group), Spelled(member), unique[1..]).Value;

        Assert.Equal(name, DcpConnectionName.Parse(name).Value);
        Assert.EndsWith(unique, name, StringComparison.Ordinal);
        // no half of a character
        Assert.Equal(name, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)));
        var whole = string.Join('/', Spelled(first), Spelled(group), Spelled(member)) + unique;
        Assert.True(
            Encoding.UTF8.GetByteCount(name) is > 195 and <= 200 || Encoding.UTF8.GetByteCount(whole) <= 200, $"{name} is shorter than it has to be");
    }

    [Fact]
    public void An_agent_is_named_in_json()
    {
        Assert.Equal(
            """{"a":"ActorDcp/1.0 \"x\" +","i":"00000000000000ab/0000000000000001"}""", HelloAgent.Format("ActorDcp/1.0 \"x\" +", 0xab, 1));
        Assert.True(HelloAgent.Format(new string('a', 1000), 1, 1).Length < 300);
    }

    /// <summary>"x100" is a hundred times x; a number alone so many letters a.</summary>
    private static string Spelled(string text)
    {
        var letter = text.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return letter.Length == text.Length
            ? text
            : string.Concat(Enumerable.Repeat(letter.Length == 0 ? "a" : letter, int.Parse(text[letter.Length..], CultureInfo.InvariantCulture)));
    }
}
