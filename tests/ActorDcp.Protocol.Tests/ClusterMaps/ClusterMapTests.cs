using System.Text;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Responses;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.ClusterMaps;

public sealed class ClusterMapTests
{
    private const string TwoNodes = """
        {"rev":4242,"revEpoch":2,"name":"b","uuid":"0123456789abcdef0123456789abcdef","nodeLocator":"vbucket","collectionsManifestUid":"1f",
         "bucketCapabilities":["collections","dcp"],
         "nodes":[{"hostname":"$HOST:8091","ports":{"direct":11210}},{"hostname":"10.0.0.2:8091","ports":{"direct":11210}}],
         "nodesExt":[
           {"services":{"mgmt":8091,"n1ql":8093},"hostname":"10.0.0.9"},
           {"services":{"kv":11210,"kvSSL":11207,"mgmt":8091,"mgmtSSL":18091},"thisNode":true,"nodeUUID":"n1",
            "alternateAddresses":{"external":{"hostname":"one.example.com","ports":{"kv":31210,"kvSSL":31207}}}},
           {"services":{"kv":11210,"kvSSL":11207,"mgmt":8091},"hostname":"10.0.0.2",
            "alternateAddresses":{"external":{"hostname":"two.example.com"}}},
           {"services":{"kv":11210,"mgmt":8091},"hostname":"10.0.0.3"}],
         "vBucketServerMap":{"hashAlgorithm":"CRC","numReplicas":1,"serverList":["10.0.0.2:11210","$HOST:11210"],
           "vBucketMap":[[0,1],[1,0],[1,-1],[-1,-1]],"vBucketMapForward":[[1,0],[1,0],[1,0],[0,1]]}}
        """;

    private static ClusterMap Parse(string json, string host = "10.0.0.1") => ClusterMap.Parse(Encoding.UTF8.GetBytes(json), host);

    public static TheoryData<string> AllCaptures => Capture.AsTheory();

    [Fact]
    public void The_minimal_config_of_the_reference_is_read()
    {
        var section = Reference.Section("2.5");
        var json = section[(section.IndexOf("```json", StringComparison.Ordinal) + 7)..];
        var map = Parse(json[..json.IndexOf("```", StringComparison.Ordinal)], "127.0.0.1");
        Assert.True(map.HasVBuckets);
        Assert.Equal(4, map.VBucketCount);
        Assert.Equal(new ClusterMapRevision(1, 7), map.Revision);
        Assert.Equal("127.0.0.1:11210", map.ActiveOf(new VBucketId(3))!.ToString());
        Assert.Empty(map.ReplicasOf(new VBucketId(3)));
    }

    [Fact]
    public void Numbers_of_the_map_are_places_in_the_server_list()
    {
        var map = Parse(TwoNodes);
        Assert.Equal(["10.0.0.2:11210", "10.0.0.1:11210"], map.Nodes.Select(node => node.ToString()));
        Assert.Equal("10.0.0.2", map.ActiveOf(new VBucketId(0))!.Host);
        Assert.Equal(["10.0.0.2"], map.ReplicasOf(new VBucketId(1)).Select(node => node.Host));
        Assert.Equal("n1", map.ActiveOf(new VBucketId(2))!.Uuid);
        Assert.True(map.ActiveOf(new VBucketId(2))!.IsSource);
        Assert.Empty(map.ReplicasOf(new VBucketId(2)));
        Assert.Null(map.ActiveOf(new VBucketId(3)));
        Assert.Equal("10.0.0.2", map.ForwardOf(new VBucketId(3))!.Host);
        Assert.Null(map.ActiveOf(new VBucketId(4)));
        Assert.Equal(0x1fUL, map.CollectionsManifestUid);
        Assert.Equal(["collections", "dcp"], map.BucketCapabilities.Order());
    }

    [Fact]
    public void Without_plain_ports_the_order_of_key_value_nodes_counts_and_those_not_serving_yet_are_left_out()
    {
        var map = Parse(TwoNodes.Replace("\"kv\":11210,", "", StringComparison.Ordinal));
        Assert.Equal(["10.0.0.1", "10.0.0.2"], map.Nodes.Select(node => node.Host));
        Assert.Equal(new NodeAddress("10.0.0.1", 11207), map.ActiveOf(new VBucketId(0))!.KvAddress(ClusterMap.DefaultNetwork, tls: true));
        Assert.Null(map.ActiveOf(new VBucketId(0))!.KvAddress(ClusterMap.DefaultNetwork, tls: false));
    }

    [Fact]
    public void A_node_of_the_alternate_network_has_its_own_ports_or_else_the_default_ones()
    {
        var map = Parse(TwoNodes);
        Assert.Equal(new NodeAddress("two.example.com", 11210), map.Nodes[0].KvAddress(ClusterMap.ExternalNetwork, tls: false));
        Assert.Equal(new NodeAddress("one.example.com", 31207), map.Nodes[1].KvAddress(ClusterMap.ExternalNetwork, tls: true));
        Assert.Null(map.Nodes[0].KvAddress("other", tls: false));
    }

    [Theory]
    [InlineData("10.0.0.1", 11210, false, "default")]
    [InlineData("10.0.0.2", 8091, false, "default")]
    [InlineData("10.0.0.1", 18091, true, "default")]
    [InlineData("one.example.com", 31210, false, "external")]
    [InlineData("10.0.0.1", 31210, false, "external")]
    public void The_network_is_chosen_by_the_address_that_the_map_came_from(string host, int port, bool tls, string network)
    {
        var map = Parse(TwoNodes);
        Assert.Equal(network, map.ChooseNetwork(ClusterMap.AutoNetwork, new NodeAddress(host, port), tls));
        Assert.Equal("external", map.ChooseNetwork("external", new NodeAddress(host, port), tls));
    }

    [Fact]
    public void Without_alternate_addresses_an_unknown_bootstrap_address_means_the_default_network()
    {
        var map = Parse("""{"rev":1,"nodesExt":[{"hostname":"a","services":{"kv":11210}}]}""");
        Assert.Equal("default", map.ChooseNetwork(ClusterMap.AutoNetwork, new NodeAddress("b", 11210), tls: false));
    }

    [Fact]
    public void An_ipv6_source_is_put_in_brackets_where_a_port_follows_and_nowhere_else()
    {
        var map = Parse(TwoNodes.Replace("10.0.0.2", "2001:db8::2", StringComparison.Ordinal)
            .Replace("\"2001:db8::2:", "\"[2001:db8::2]:", StringComparison.Ordinal), "::1");
        Assert.Equal(["2001:db8::2", "::1"], map.Nodes.Select(node => node.Host));
        Assert.Equal("[::1]:11210", map.Nodes[1].ToString());
    }

    [Fact]
    public void A_map_without_locator_is_global_and_routes_nothing()
    {
        var map = Parse("""{"rev":3,"revEpoch":1,"nodesExt":[{"services":{"mgmt":8091}},{"hostname":"a","services":{"kv":11210,"mgmt":8091}}]}""");
        Assert.False(map.HasVBuckets);
        Assert.Null(map.Bucket);
        Assert.Equal(0, map.VBucketCount);
        Assert.Equal(["a:11210"], map.Nodes.Select(node => node.ToString()));
        Assert.Throws<InvalidOperationException>(() => map.VBucketOf("k"u8));
    }

    [Fact]
    public void A_config_older_than_nodes_ext_is_read_from_its_server_list()
    {
        var map = Parse("""
            {"rev":3,"name":"b","nodeLocator":"vbucket","nodes":[{"hostname":"a:8091"}],
             "vBucketServerMap":{"numReplicas":0,"serverList":["a:11210"],"vBucketMap":[[0]]}}
            """);
        Assert.Equal("a:11210", map.ActiveOf(new VBucketId(0))!.ToString());
        Assert.Equal(new ClusterMapRevision(0, 3), map.Revision);
        Assert.Equal(-1, map.Revision.EpochOnWire);
    }

    [Theory]
    [InlineData(1, 7, 1, 7, false)]
    [InlineData(1, 8, 1, 7, true)]
    [InlineData(2, 1, 1, 7, true)]
    [InlineData(1, 9, 2, 7, false)]
    [InlineData(1, 0, 2, 7, true)]
    public void A_map_supersedes_another_by_epoch_then_revision(long epoch, long revision, long currentEpoch, long currentRevision, bool expected)
    {
        ClusterMap Map(long e, long r) => Parse($$"""{"rev":{{r}},"revEpoch":{{e}},"nodesExt":[]}""");
        Assert.Equal(expected, Map(epoch, revision).Supersedes(Map(currentEpoch, currentRevision)));
        Assert.True(Map(epoch, revision).Supersedes(null));
    }

    [Fact]
    public void A_number_of_no_node_counts_as_nobody()
    {
        var map = Parse("""
            {"rev":3,"name":"b","nodeLocator":"vbucket","nodes":[{"hostname":"a:8091"}],"nodesExt":[{"hostname":"a","services":{"kv":11210}}],
             "vBucketServerMap":{"numReplicas":1,"serverList":["a:11210"],"vBucketMap":[[7,0],[0],[0,0,0,0]]}}
            """);
        Assert.Null(map.ActiveOf(new VBucketId(0)));
        Assert.NotNull(map.ActiveOf(new VBucketId(1)));
        Assert.Empty(map.ReplicasOf(new VBucketId(1)));
        Assert.Single(map.ReplicasOf(new VBucketId(2)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("""{"rev":"x"}""")]
    [InlineData("""{"nodesExt":{}}""")]
    [InlineData("""{"nodesExt":[{"services":{"kv":"x"}}]}""")]
    [InlineData("""{"nodeLocator":"vbucket","vBucketServerMap":{"vBucketMap":[[99999]]}}""")]
    [InlineData("""{"nodeLocator":"vbucket","vBucketServerMap":{"vBucketMap":[1]}}""")]
    public void What_is_no_config_is_refused(string json) => Assert.Throws<ProtocolException>(() => Parse(json));

    [Theory]
    [MemberData(nameof(AllCaptures))]
    public void Every_captured_config_is_read(string name)
    {
        foreach (var captured in Capture.Load(name).Frames)
        {
            if (captured.FromClient)
                continue;
            var frame = captured.Read();
            var header = frame.Header;
            var config = header.Magic == Magic.ServerRequest
                ? ClusterMapNotification.Read(frame).ConfigJson
                : (header.IsResponse && header.Status == Status.NotMyVBucket) || header is { Opcode: Opcode.GetClusterConfig, Status: Status.Success }
                    ? ClusterConfigResponse.Read(frame)
                    : default;
            if (config.IsEmpty)
                continue;
            var map = ClusterMap.Parse(config, "127.0.0.1");
            Assert.NotEmpty(map.Nodes);
            Assert.All(map.Nodes, node => Assert.Equal("127.0.0.1", node.Host));
            Assert.Equal(map.Bucket is not null, map.HasVBuckets);
            for (var vbucket = 0; vbucket < map.VBucketCount; vbucket++)
                Assert.NotNull(map.ActiveOf(VBucketId.From(vbucket)));
        }
    }

    [Theory]
    [InlineData("a:1", "a", 1)]
    [InlineData("[::1]:11210", "::1", 11210)]
    public void An_address_is_read(string text, string host, int port)
    {
        Assert.True(NodeAddress.TryParse(text, out var address));
        Assert.Equal(new NodeAddress(host.ToUpperInvariant(), port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData(":1")]
    [InlineData("a:")]
    [InlineData("a:0")]
    [InlineData("a:65536")]
    [InlineData("::1:11210")]
    [InlineData("[]:1")]
    [InlineData("[::1]")]
    public void What_is_no_address_is_refused(string text) => Assert.False(NodeAddress.TryParse(text, out _));
}
