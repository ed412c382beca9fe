using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorDcp.Protocol.Messages;
using ActorDcp.Protocol.Tests.Captures;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Protocol.Tests.Values;

public sealed class CapturedValuesTests
{
    private const string WithXattrs = "java-dcp-client (xattrs included, value inflated)";
    private const string WithoutXattrs = "gocbcore (without xattrs, value inflated)";

    // whole histories, opened with extended attributes (OPEN 0x25)
    [Theory]
    [InlineData("basics-disk-full")]
    [InlineData("basics-disk-nosnappy")]
    [InlineData("basics-ephemeral-full")]
    [InlineData("basics-large-cached")]
    [InlineData("basics-large-disk")]
    [InlineData("basics-memory-full")]
    [InlineData("basics-memory-legacy")]
    [InlineData("values-force-compression-memory")]
    [InlineData("values-hifi-mfu")]
    public void Documents_are_what_other_clients_decoded_with_extended_attributes(string capture)
    {
        using var reader = new DcpValueReader();
        var events = EventsOf(capture);
        Compare(
            Expected(capture, WithXattrs), events, change => reader.ReadInflated(change), Datatype.Json | Datatype.Xattr,
            expirations: false);
        // the body is what the client without attributes saw, even of deletions, whose values are attributes alone
        Compare(Expected(capture, WithoutXattrs), events, change => reader.ReadBody(change), Datatype.Json, expirations: true);
    }

    // whole histories without extended attributes
    [Theory]
    [InlineData("basics-memory-deltimes-noexpiry", false)]
    [InlineData("basics-memory-plain", false)]
    [InlineData("values-noxattrs-disk", true)]
    public void Documents_are_what_other_clients_decoded_without_extended_attributes(string capture, bool expirations)
    {
        var events = EventsOf(capture);
        Compare(Expected(capture, WithoutXattrs), events, change => DcpValueReader.Unpooled.ReadBody(change), Datatype.Json, expirations);
    }

    [Fact]
    public void Without_values_the_snappy_bit_is_not_trusted()
    {
        using var reader = new DcpValueReader(trustSnappyBit: false);
        var attributes = 0;
        foreach (var change in EventsOf("values-novalue-datatype-xattrs").Values)
        {
            Assert.True(reader.ReadBody(change).IsEmpty);
            if (change.Value.IsEmpty)
                continue;
            for (var section = XattrSection.Read(reader.ReadInflated(change).Span); section.MoveNext(); attributes++)
                Assert.Equal((byte)'{', section.Value[0]);
        }
        Assert.True(attributes > 10);
        foreach (var change in EventsOf("values-novalue-datatype").Values)
            Assert.True(reader.ReadBody(change).IsEmpty);
    }

    [Fact]
    public void Attributes_have_the_names_that_the_server_reports()
    {
        var events = EventsOf("basics-disk-full");
        var compared = 0;
        foreach (var document in Capture.Load("basics-disk-full").Header.GetProperty("expect").GetProperty("kv").EnumerateArray())
        {
            if (!document.TryGetProperty("xattrs", out var names) || names.ValueKind != JsonValueKind.Array)
                continue;
            var change = events.Values.FirstOrDefault(candidate => Encoding.UTF8.GetString(candidate.Key.Span) == document.GetProperty("key").GetString());
            if ((change.Datatype & Datatype.Xattr) == 0)
                continue;
            var found = new List<string>();
            for (var section = XattrSection.Read(DcpValueReader.Unpooled.ReadInflated(change).Span); section.MoveNext();)
                found.Add(Encoding.UTF8.GetString(section.Key));
            // of a deletion only system attributes are sent, unless flag 0x100 asks for more
            Assert.Equal(
                names.EnumerateArray().Select(name => name.GetString()!).Where(name => change.IsMutation || name.StartsWith('_')).Order(),
                found.Order());
            compared++;
        }
        Assert.True(compared > 5, $"compared {compared}");
    }

    private static void Compare(
        List<JsonElement> expected, Dictionary<(int, ulong), DcpEvent> events, Func<DcpEvent, ReadOnlyMemory<byte>> read,
        Datatype kept, bool expirations)
    {
        Assert.Equal(expected.Count, events.Count);
        foreach (var item in expected)
        {
            var change = events[(item.GetProperty("vb").GetInt32(), item.GetProperty("seqno").GetUInt64())];
            var kind = item.GetProperty("type").GetString() switch
            {
                "mutation" => DcpEventKind.Mutation,
                "deletion" => DcpEventKind.Deletion,
                "expiration" => DcpEventKind.Expiration,
                var other => throw new InvalidDataException($"an item of type {other}"),
            };
            if (kind == DcpEventKind.Mutation || (expirations && kind == DcpEventKind.Expiration))
                Assert.Equal(kind, change.Kind);
            else
                Assert.True(change.IsRemoval);
            Assert.Equal(item.GetProperty("key").GetString(), Encoding.UTF8.GetString(change.Key.Span));
            Assert.Equal(item.GetProperty("cid").GetUInt32(), change.CollectionId);
            Assert.Equal(item.GetProperty("rev").GetUInt64(), change.RevSeqno);
            Assert.Equal(ulong.Parse(item.GetProperty("cas").GetString()!, CultureInfo.InvariantCulture), change.Cas);
            Assert.Equal(item.GetProperty("flags").GetUInt32(), change.Flags);
            if (change.IsMutation)
                Assert.Equal(item.GetProperty("expiry").GetUInt32(), change.Expiry);
            Assert.Equal((Datatype)item.GetProperty("datatype").GetByte() & ~Datatype.Snappy, change.Datatype & kept);
            var value = read(change);
            Assert.Equal(item.GetProperty("len").GetInt32(), value.Length);
            // gocbcore gives an expiration no value and its list a sha1 of 0
            if (item.GetProperty("sha1").ValueKind == JsonValueKind.String)
                Assert.Equal(item.GetProperty("sha1").GetString(), Convert.ToHexStringLower(Sha1(value.Span)));
        }
    }

    private static byte[] Sha1(ReadOnlySpan<byte> bytes)
    {
#pragma warning disable CA5350 // the recordings give SHA-1
        return SHA1.HashData(bytes);
#pragma warning restore CA5350
    }

    private static List<JsonElement> Expected(string capture, string client) =>
        [.. Capture.Load(capture).Header.GetProperty("expect").GetProperty("items").GetProperty(client).EnumerateArray()];

    private static Dictionary<(int VBucket, ulong Seqno), DcpEvent> EventsOf(string name)
    {
        var events = new Dictionary<(int, ulong), DcpEvent>();
        var connections = new CapturedConnections();
        foreach (var captured in Capture.Load(name).Frames)
        {
            if (captured.FromClient)
                continue;
            connections.Follow(captured);
            var collections = connections.Has(captured, HelloFeature.Collections);
            if (DcpMessageReader.TryReadEvent(captured.Bytes, collections, out var change) && (change.IsMutation || change.IsRemoval))
                events.Add((change.VBucket.Value, change.Seqno.Value), change);
        }
        return events;
    }
}
