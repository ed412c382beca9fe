using ActorDcp.Producer;

namespace ActorDcp.Sample.Tests;

/// <summary>How to test a handler of yours: against the real protocol, with the failures that production has.</summary>
public sealed class OpenOrdersHandlerTests
{
    [Fact]
    public async Task Adds_up_a_customers_orders()
    {
        await using var couchbase = await EmbeddedProducer.StartAsync(o => o.VBuckets(8));
        await using var shop = await Shop.StartAsync(couchbase);

        couchbase.Bucket.Set("order::1", """{"Customer":"Ann","Total":10}""");
        couchbase.Bucket.Set("order::2", """{"Customer":"Ann","Total":5.5}""");
        couchbase.Bucket.Set("order::3", """{"Customer":"Bob","Total":7}""");
        await shop.TotalBecomesAsync("Ann", 15.5m);

        couchbase.Bucket.Delete("order::2");
        await shop.TotalBecomesAsync("Ann", 10m);
        await shop.TotalBecomesAsync("Bob", 7m);
    }

    [Fact]
    public async Task Undoes_what_a_failover_lost()
    {
        await using var couchbase = await EmbeddedProducer.StartAsync(o => o.VBuckets(8).KeepHistory());
        await using var shop = await Shop.StartAsync(couchbase);
        couchbase.Bucket.Set("order::1", """{"Customer":"Ann","Total":10}""");
        await shop.TotalBecomesAsync("Ann", 10m);
        couchbase.Bucket.Set("order::1", """{"Customer":"Ann","Total":99}""");
        await shop.TotalBecomesAsync("Ann", 99m);

        couchbase.LoseNewest(couchbase.Bucket.VBucketOf("order::1"), count: 1);

        await shop.TotalBecomesAsync("Ann", 10m);
    }

    [Fact]
    public async Task Goes_on_after_connections_are_cut()
    {
        await using var couchbase = await EmbeddedProducer.StartAsync(o => o.VBuckets(8));
        await using var shop = await Shop.StartAsync(couchbase);
        couchbase.Bucket.Set("order::1", """{"Customer":"Ann","Total":10}""");
        await shop.TotalBecomesAsync("Ann", 10m);

        Assert.NotEqual(0, couchbase.DropConnections());
        couchbase.Bucket.Set("order::2", """{"Customer":"Ann","Total":1}""");

        await shop.TotalBecomesAsync("Ann", 11m);
    }
}
