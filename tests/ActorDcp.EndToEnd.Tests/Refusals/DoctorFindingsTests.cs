using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Host.CommandLine;
using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests.Refusals;

/// <summary>What doctor finds behind other doors than the data port, and of what a node withholds.</summary>
public sealed class DoctorFindingsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task From_a_management_port_alone_each_node_is_looked_at_with_every_port_that_it_announces(bool isTls)
    {
        using var folder = new TestFolder();
        using var authority = SelfSignedCertificate.CreateAuthority();
        using var certificate = SelfSignedCertificate.Create(authority);
        await File.WriteAllTextAsync(folder.File("ca.pem"), authority.ExportCertificatePem());
        await using var producer = await EmbeddedProducer.StartAsync(
            o => o.VBuckets(4).Nodes(2).With(options => options with { HttpPort = 0, HttpsPort = 0, TlsCertificate = certificate }));
        var text = isTls
            ? string.Create(CultureInfo.InvariantCulture, $"couchbases://127.0.0.1:{producer.HttpsEndpoint!.Port}=http")
            : string.Create(CultureInfo.InvariantCulture, $"couchbase://127.0.0.1:{producer.HttpEndpoint!.Port}=http");

        var checks = await ExamineAsync(0, text, isTls ? ["--ca", folder.File("ca.pem")] : []);

        foreach (var node in producer.Nodes)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{(isTls ? node.TlsEndpoint! : node.Endpoint).Port}");
            foreach (var check in (string[])["data port", isTls ? "data port without TLS" : "data port with TLS", "management port", "management port with TLS", "stream"])
                Assert.Equal("ok", Of(checks, name, check).GetProperty("state").GetString());
        }
    }

    [Fact]
    public async Task A_feature_that_is_not_granted_is_noted_with_what_it_means()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2));
        HelloFeature[] withheld = [HelloFeature.Snappy, HelloFeature.ClustermapChangeNotification, HelloFeature.ClustermapChangeNotificationBrief];
        await using var relay = new FrameRelay(producer.Endpoint.Port, toProducer: frame => [Without(frame, withheld)]);
        var node = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{relay.Port}");

        var checks = await ExamineAsync(0, $"couchbase://{node}");

        Assert.Contains("uncompressed", Mend(checks, node, "feature Snappy"), StringComparison.Ordinal);
        Assert.Contains("asking every few seconds", Mend(checks, node, "feature ClustermapChangeNotification"), StringComparison.Ordinal);
        Assert.DoesNotContain("Snappy", Of(checks, node, "features").GetProperty("seen").GetString(), StringComparison.Ordinal);
        // the producer itself refuses it, for it was told that we do not compress
        Assert.Contains("forced", Mend(checks, node, "control force_value_compression"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Status.BucketPaused, "resume it")]
    [InlineData(Status.NotInitialized, "passes by itself")]
    [InlineData(Status.RateLimitedMaxConnections, "raise the limit of connections")]
    [InlineData(Status.NoAccess, "Data DCP Reader")]
    public async Task A_connection_that_is_refused_is_shown_with_the_nodes_words_and_what_they_mean(Status status, string mend)
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2));
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) => [Refused(frame, Opcode.DcpOpen, status)]);
        var node = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{relay.Port}");

        var checks = await ExamineAsync(1, $"couchbase://{node}");

        var broken = Of(checks, node, "DCP privilege");
        Assert.Equal("broken", broken.GetProperty("state").GetString());
        Assert.Contains("because of moons", broken.GetProperty("seen").GetString(), StringComparison.Ordinal);
        Assert.Contains(mend, broken.GetProperty("mend").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_control_that_is_refused_is_noted_with_the_nodes_words()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2));
        await using var relay = new FrameRelay(
            producer.Endpoint.Port, toClient: (_, frame) => [Refused(frame, Opcode.DcpControl, Status.NotSupported, Status.NotSupported)]);
        var node = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{relay.Port}");

        var checks = await ExamineAsync(0, $"couchbase://{node}");

        // the embedded producer keeps no history
        var refused = Of(checks, node, "control change_streams");
        Assert.Equal("note", refused.GetProperty("state").GetString());
        Assert.Equal("NotSupported (0x83): because of moons", refused.GetProperty("seen").GetString());
        Assert.Contains("Magma", refused.GetProperty("mend").GetString(), StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<JsonElement>> ExamineAsync(int exit, string connection, params string[] more)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var code = await ActorDcpCommandLine.RunAsync(
            ["doctor", "--connection", connection, "--user", "Administrator", "--password", EmbeddedProducerOptions.DefaultPassword, "--json", .. more],
            output, error).WaitAsync(DrainFixture.Deadline);
        Assert.True(code == exit, $"{code}: {output}{error}");
        return [.. JsonDocument.Parse(output.ToString()).RootElement.GetProperty("checks").EnumerateArray()];
    }

    private static JsonElement Of(IReadOnlyList<JsonElement> checks, string node, string name) => Assert.Single(
        checks, check => check.GetProperty("node").GetString() == node && check.GetProperty("check").GetString() == name);

    private static string Mend(IReadOnlyList<JsonElement> checks, string node, string name) => Of(checks, node, name).GetProperty("mend").GetString()!;

    private static byte[] Without(byte[] bytes, HelloFeature[] withheld)
    {
        if (FrameRelay.Magic(bytes) != (byte)Magic.Request || FrameRelay.Opcode(bytes) != (byte)Opcode.Helo)
            return bytes;
        var frame = Frame.Read(bytes);
        var granted = new List<byte>();
        for (var i = 0; i < frame.Value.Length; i += 2)
            if (!withheld.Contains((HelloFeature)BinaryPrimitives.ReadUInt16BigEndian(frame.Value[i..])))
                granted.AddRange(frame.Value.Slice(i, 2));
        byte[] changed = [.. bytes[..^frame.Value.Length], .. granted];
        BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(8), changed.Length - FrameHeader.Size);
        return changed;
    }

    private static byte[] Refused(byte[] bytes, Opcode opcode, Status status, Status of = Status.Success)
    {
        if (FrameRelay.Magic(bytes) != (byte)Magic.Response || FrameRelay.Opcode(bytes) != (byte)opcode || FrameHeader.Read(bytes).Status != of)
            return bytes;
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(
            output, opcode, status, FrameHeader.Read(bytes).Opaque, datatype: Datatype.Json,
            value: Encoding.UTF8.GetBytes("""{"error":{"context":"because of moons"}}"""));
        return output.WrittenSpan.ToArray();
    }
}
