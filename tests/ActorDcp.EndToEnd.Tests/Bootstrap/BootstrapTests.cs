using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests.Bootstrap;

/// <summary>How a member finds its bucket, as users write it (dcp-reference.md 2.5 to 2.8): from the text to every change handled.</summary>
public sealed class BootstrapTests
{
    [Theory]
    [InlineData("couchbase://127.0.0.1:{http}=http")]
    [InlineData("couchbase://127.0.0.1:{closed}=mcd,127.0.0.1:{http}=http")]
    [InlineData("couchbase://127.0.0.1:{closed}=http,127.0.0.1:{http}=http")]
    public async Task A_member_whose_text_names_only_management_ports_streams_and_follows_a_move(string text)
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(
            o => o.VBuckets(6).Nodes(2).KeepHistory().With(options => options with { HttpPort = 0 }));
        await using var member = await TestMember.StartAsync(Filled(text, producer), folder.Path);
        await WriteAsync(producer, member, "first");

        await producer.MoveVBucketAsync(new VBucketId(0), 1);

        await WriteAsync(producer, member, "second");
    }

    [Theory]
    [InlineData("couchbases://127.0.0.1:{https}=http")]
    [InlineData("couchbases://127.0.0.1:{kvs}")]
    [InlineData("couchbases://127.0.0.1:{closed},127.0.0.1:{https}=http")]
    public async Task With_tls_map_and_changes_come_over_tls_ports_alone(string text)
    {
        using var folder = new TestFolder();
        using var authority = SelfSignedCertificate.CreateAuthority();
        using var certificate = SelfSignedCertificate.Create(authority);
        await File.WriteAllTextAsync(folder.File("ca.pem"), authority.ExportCertificatePem());
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(6).Nodes(2).KeepHistory().With(options => options with
        {
            HttpsPort = 0,
            TlsCertificate = certificate,
        }));

        await using var member = await TestMember.StartAsync(
            Filled(text, producer), folder.Path, null, ("ActorDcp:Tls:CaFile", folder.File("ca.pem")));

        await WriteAsync(producer, member, "first");
        var tls = producer.Nodes.Select(node => node.TlsEndpoint!.Port).Order();
        var used = (await member.Group.GetStatusAsync(CancellationToken.None)).Nodes;
        Assert.Equal(tls, used.Select(node => int.Parse(node.Node.Split(':')[1], CultureInfo.InvariantCulture)).Order());
    }

    [Fact]
    public async Task A_client_certificate_logs_a_member_in_to_every_port_without_a_password()
    {
        using var folder = new TestFolder();
        using var authority = SelfSignedCertificate.CreateAuthority();
        using var certificate = SelfSignedCertificate.Create(authority);
        using var client = SelfSignedCertificate.Create(authority, "Administrator");
        await File.WriteAllTextAsync(folder.File("ca.pem"), authority.ExportCertificatePem());
        await File.WriteAllTextAsync(folder.File("client.pem"), client.ExportCertificatePem());
        using (var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(client)!)
            await File.WriteAllTextAsync(folder.File("client.key"), key.ExportPkcs8PrivateKeyPem());
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4).KeepHistory().With(options => options with
        {
            HttpsPort = 0,
            TlsCertificate = certificate,
            ClientCertificateAuthority = authority,
        }));

        await using var member = await TestMember.StartAsync(
            Filled("couchbases://127.0.0.1:{https}=http", producer), folder.Path, null,
            ("ActorDcp:User", null!), ("ActorDcp:Password", null!), ("ActorDcp:Tls:CaFile", folder.File("ca.pem")),
            ("ActorDcp:Tls:CertFile", folder.File("client.pem")), ("ActorDcp:Tls:KeyFile", folder.File("client.key")));

        await WriteAsync(producer, member, "first");
    }

    [Fact]
    public async Task Serve_runs_from_a_management_port_alone()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4).KeepHistory().With(options => options with { HttpPort = 0 }));
        for (var i = 0; i < 40; i++)
            producer.Bucket.Set($"key {i}", "{}");
        await using var serve = ServeProcess.Start(
            producer.Endpoint.Port, folder, ("Connection", Filled("couchbase://127.0.0.1:{http}=http", producer)));

        await serve.FirstLineAsync();

        var lines = await ServeProcess.LinesUpToAsync(await ServeProcess.TruthAsync(producer.Endpoint.Port), folder.File("out.jsonl"));
        Assert.Equal(40, lines.Count(line => line.IsChange));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(7, true)]
    [InlineData(127, false)]
    public async Task A_bucket_may_have_any_number_of_vbuckets_and_be_ephemeral(int vbuckets, bool isEphemeral)
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(
            o => o.VBuckets(vbuckets).Nodes(2).KeepHistory().With(options => options with { Ephemeral = isEphemeral }));
        await using var member = await TestMember.StartAsync(producer, folder.Path);

        await WriteAsync(producer, member, "first");

        Assert.Equal(vbuckets, (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?network=external")]
    public async Task Behind_a_gateway_nodes_are_reached_at_their_alternate_addresses(string option)
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4).KeepHistory());
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) => [BehindAGateway(frame)]);
        var gateway = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{relay.Port}");

        await using var member = await TestMember.StartAsync($"couchbase://{gateway}{option}", folder.Path);

        await WriteAsync(producer, member, "first");
        Assert.Equal([gateway], (await member.Group.GetStatusAsync(CancellationToken.None)).Nodes.Select(node => node.Node));
    }

    private static string Filled(string text, EmbeddedProducer producer)
    {
        var ports = new Dictionary<string, int?>
        {
            ["http"] = producer.HttpEndpoint?.Port,
            ["https"] = producer.HttpsEndpoint?.Port,
            ["kvs"] = producer.TlsEndpoint?.Port,
            ["closed"] = FreePort.Find(),
        };
        foreach (var (name, port) in ports)
            text = text.Replace($"{{{name}}}", port?.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return text;
    }

    private static async Task WriteAsync(EmbeddedProducer producer, TestMember member, string name)
    {
        for (var vbucket = 0; vbucket < producer.Bucket.VBucketCount; vbucket++)
            for (var i = 0; i < 3; i++)
                producer.Bucket.Set(VBucketId.From(vbucket), $"{name}-{i}", "{}"u8);
        await member.CaughtUpAsync(producer);
    }

    /// <summary>A map whose own addresses lead nowhere, and whose external ones are those it had; any other frame as it is.</summary>
    private static byte[] BehindAGateway(byte[] bytes)
    {
        if (FrameRelay.Magic(bytes) != (byte)Magic.Response || FrameRelay.Opcode(bytes) != (byte)Opcode.GetClusterConfig)
            return bytes;
        var frame = Frame.Read(bytes);
        if (frame.Value.IsEmpty)
            return bytes;
        var map = JsonNode.Parse(frame.Value)!;
        foreach (var node in map["nodesExt"]!.AsArray())
        {
            var port = node!["services"]!["kv"]!.GetValue<int>();
            node["hostname"] = "inside.invalid";
            node["services"]!["kv"] = 11_210;
            node["alternateAddresses"] = new JsonObject
            {
                ["external"] = new JsonObject { ["hostname"] = "127.0.0.1", ["ports"] = new JsonObject { ["kv"] = port } },
            };
        }
        map["vBucketServerMap"]!["serverList"] = new JsonArray("inside.invalid:11210");
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(
            output, Opcode.GetClusterConfig, Status.Success, frame.Header.Opaque, datatype: frame.Header.Datatype, value: Encoding.UTF8.GetBytes(map.ToJsonString()));
        return output.WrittenSpan.ToArray();
    }
}
