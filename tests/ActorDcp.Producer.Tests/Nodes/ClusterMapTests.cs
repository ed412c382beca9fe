using System.Buffers.Binary;
using System.Text.Json;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Producer.Tests.Nodes;

public sealed class ClusterMapTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task The_map_lists_all_nodes_and_copies_and_says_which_node_it_came_from()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(6).Nodes(3).Replicas(2));
        for (var i = 0; i < 3; i++)
        {
            await using var client = await RawClient.LoginAsync(producer.Nodes[i]);
            using var map = JsonDocument.Parse((await client.AskAsync(Opcode.GetClusterConfig)).Value);
            var root = map.RootElement;
            var ports = producer.Nodes.Select(node => node.Endpoint.Port).ToList();
            Assert.Equal(ports.Select(port => $"127.0.0.1:{port}"), Texts(root.GetProperty("vBucketServerMap").GetProperty("serverList")));
            Assert.Equal(ports, root.GetProperty("nodesExt").EnumerateArray().Select(node => node.GetProperty("services").GetProperty("kv").GetInt32()));
            Assert.Equal(ports, root.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("ports").GetProperty("direct").GetInt32()));
            Assert.Equal([i], root.GetProperty("nodesExt").EnumerateArray().Index().Where(node => node.Item.TryGetProperty("thisNode", out _)).Select(node => node.Index));
            Assert.Equal(2, root.GetProperty("vBucketServerMap").GetProperty("numReplicas").GetInt32());
            foreach (var (vbucket, chain) in root.GetProperty("vBucketServerMap").GetProperty("vBucketMap").EnumerateArray().Index())
            {
                var ids = chain.EnumerateArray().Select(index => index.GetInt32()).ToList();
                Assert.Equal(producer.NodesOf(VBucketId.From(vbucket)).Select(node => node!.Id), ids);
                Assert.Equal([0, 1, 2], ids.Order());
            }
        }
    }

    [Fact]
    public async Task A_node_that_is_known_by_another_address_too_says_so_in_the_next_map()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).Nodes(2));
        await using var client = await RawClient.LoginAsync(producer.Nodes[0], HelloFeature.Duplex, HelloFeature.Xerror, HelloFeature.Json, HelloFeature.ClustermapChangeNotification);
        var before = producer.MapRevision;
        producer.Nodes[1].AdvertiseExternally("gateway.example.com", 31_210);

        Assert.Equal(before + 1, producer.MapRevision);
        foreach (var push in new[] { await client.ReadAsync(), await client.ReadAsync() })
        {
            var map = ClusterMap.Parse(push.Value, "127.0.0.1");
            Assert.Equal([], map.Nodes[0].AlternateNetworks);
            Assert.Equal(new NodeAddress("gateway.example.com", 31_210), map.Nodes[1].KvAddress(ClusterMap.ExternalNetwork, tls: false));
            Assert.Equal(producer.Nodes[1].Endpoint.Port, map.Nodes[1].KvAddress(ClusterMap.DefaultNetwork, tls: false)!.Value.Port);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => producer.Nodes[0].AdvertiseExternally("gateway.example.com", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => producer.Nodes[0].AdvertiseExternally("gateway.example.com", 65_536));
        Assert.Throws<ArgumentException>(() => producer.Nodes[0].AdvertiseExternally(" ", 1));
    }

    [Theory]
    [InlineData(HelloFeature.ClustermapChangeNotificationBrief)]
    [InlineData(HelloFeature.ClustermapChangeNotification)]
    public async Task Clients_of_every_node_are_told_of_a_move(HelloFeature feature)
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).Nodes(3));
        await using var first = await RawClient.LoginAsync(producer.Nodes[0], HelloFeature.Duplex, HelloFeature.Xerror, HelloFeature.Json, feature);
        await using var third = await RawClient.LoginAsync(producer.Nodes[2], HelloFeature.Duplex, HelloFeature.Xerror, HelloFeature.Json, feature);
        await producer.MoveVBucketAsync(Zero, 1);
        foreach (var (client, index) in new[] { (first, 0), (third, 2) })
        {
            var push = await client.ReadAsync();
            Assert.Equal((Magic.ServerRequest, (byte)ServerOpcode.ClustermapChangeNotification), (push.Header.Magic, (byte)push.Opcode));
            Assert.Equal(producer.MapRevision, BinaryPrimitives.ReadInt64BigEndian(push.Extras.AsSpan(8)));
            if (feature == HelloFeature.ClustermapChangeNotificationBrief)
            {
                Assert.Empty(push.Value);
                continue;
            }
            using var map = JsonDocument.Parse(push.Value);
            Assert.Equal(1, map.RootElement.GetProperty("vBucketServerMap").GetProperty("vBucketMap")[0][0].GetInt32());
            Assert.True(map.RootElement.GetProperty("nodesExt")[index].TryGetProperty("thisNode", out _));
        }
    }

    [Theory]
    [InlineData(HelloFeature.ClustermapChangeNotificationBrief)]
    [InlineData(HelloFeature.ClustermapChangeNotification)]
    public async Task A_new_member_is_told_of_with_the_bucket_and_then_in_the_map_of_nodes_alone(HelloFeature feature)
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2));
        await using var client = await RawClient.LoginAsync(producer, HelloFeature.Duplex, HelloFeature.Xerror, HelloFeature.Json, feature);
        await producer.AddNodeAsync();
        var (ofBucket, ofNodes) = (await client.ReadAsync(), await client.ReadAsync());
        Assert.Equal("default"u8.ToArray(), ofBucket.Key);
        Assert.Empty(ofNodes.Key);
        Assert.Equal(ofBucket.Extras, ofNodes.Extras);
        if (feature == HelloFeature.ClustermapChangeNotificationBrief)
        {
            Assert.Empty(ofNodes.Value);
            return;
        }
        using var map = JsonDocument.Parse(ofNodes.Value);
        Assert.Equal(2, map.RootElement.GetProperty("nodesExt").GetArrayLength());
        Assert.False(map.RootElement.TryGetProperty("vBucketServerMap", out _) || map.RootElement.TryGetProperty("nodes", out _));
    }

    [Fact]
    public async Task Not_my_vbucket_brings_each_map_once_to_those_who_asked_for_that()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).Nodes(2));
        var elsewhere = producer.Nodes.Single(node => node != producer.ActiveNodeOf(Zero));
        await using var client = await RawClient.LoginAsync(elsewhere, HelloFeature.Xerror, HelloFeature.Json, HelloFeature.DedupeNotMyVbucketClustermap, HelloFeature.Collections);
        await using var plain = await RawClient.LoginAsync(elsewhere, HelloFeature.Xerror, HelloFeature.Json, HelloFeature.Collections);
        Assert.NotEmpty(await RefusedAsync(client));
        Assert.Empty(await RefusedAsync(client));
        Assert.NotEmpty(await RefusedAsync(plain));
        Assert.NotEmpty(await RefusedAsync(plain));
        await producer.AddNodeAsync();
        Assert.Contains($"\"rev\":{producer.MapRevision},", System.Text.Encoding.UTF8.GetString(await RefusedAsync(client)), StringComparison.Ordinal);
        Assert.Empty(await RefusedAsync(client));
    }

    [Fact]
    public async Task Only_ports_that_leave_room_for_all_nodes_are_taken()
    {
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { Port = 20_000, HttpPort = 20_002, Nodes = 3 }));
        Assert.Contains("20002", wrong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { Port = 65_535, Nodes = 2 }));
        await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { Replicas = 4 }));
    }

    private static async Task<byte[]> RefusedAsync(RawClient client)
    {
        var answer = await client.SetAsync(0, "k", "v");
        Assert.Equal(Status.NotMyVBucket, answer.Status);
        return answer.Value;
    }

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(item => item.GetString()!);
}
