using ActorDcp.Host.CommandLine;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>What connection texts lead to, through a whole drain.</summary>
public sealed class ConnectionTextTests
{
    [Fact]
    public async Task The_map_can_come_from_the_management_service_alone()
    {
        await using var producer = await StartAsync();

        var lines = await DrainFixture.DrainAsync(DrainFixture.Options($"couchbase://127.0.0.1:{producer.HttpEndpoint!.Port}=http"));

        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(lines));
    }

    [Fact]
    public async Task A_node_that_is_down_is_passed_over_for_the_next_of_the_text()
    {
        await using var producer = await StartAsync();
        var down = FreePort.Find();

        var lines = await DrainFixture.DrainAsync(DrainFixture.Options(
            $"couchbase://127.0.0.1:{down},[::1]:{down},127.0.0.1:{producer.Endpoint.Port}=mcd"));

        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(lines));
    }

    [Fact]
    public async Task On_a_network_without_addresses_no_node_is_used()
    {
        await using var producer = await StartAsync();

        await Assert.ThrowsAsync<FailureException>(
            () => DrainFixture.DrainAsync(DrainFixture.Options($"{producer.ConnectionString}?network=external")));
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 7, HttpPort = 0, Ephemeral = true, KeepHistory = true });
        for (var i = 0; i < 50; i++)
            producer.Bucket.Set($"key {i}", "{}");
        return producer;
    }
}
