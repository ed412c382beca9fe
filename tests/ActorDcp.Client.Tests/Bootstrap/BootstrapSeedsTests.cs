using ActorDcp.Producer;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Client.Tests.Bootstrap;

public sealed class BootstrapSeedsTests
{
    private const string Service = "_couchbase._tcp.db.example.com";

    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_service_record_names_the_nodes_by_priority()
    {
        await using var names = new TinyNameServer();
        names.Services[Service] = [(20, 0, 11_211, "b.example.com"), (10, 5, 11_210, "a.example.com"), (30, 1, 11_212, "c.example.com")];

        var seeds = await Find(names, "couchbase://db.example.com").FindAsync(CancellationToken.None);

        Assert.Equal(["a.example.com:11210", "b.example.com:11211", "c.example.com:11212"], seeds.Select(seed => seed.ToString()));
    }

    [Fact]
    public async Task With_tls_it_is_the_record_of_the_tls_service()
    {
        await using var names = new TinyNameServer();
        names.Services["_couchbases._tcp.db.example.com"] = [(0, 0, 11_207, "secure.example.com")];

        var seeds = await Find(names, "couchbases://db.example.com").FindAsync(CancellationToken.None);

        Assert.Equal("secure.example.com:11207", Assert.Single(seeds).ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_record_the_host_itself_is_asked(bool isSilent)
    {
        await using var names = new TinyNameServer { IsSilent = isSilent };

        var seeds = await Find(names, "couchbase://db.example.com").FindAsync(CancellationToken.None).InTimeAsync();

        Assert.Equal("db.example.com:11210", Assert.Single(seeds).ToString());
        Assert.NotEqual(0, names.Questions);
    }

    [Fact]
    public async Task A_record_that_says_there_is_no_such_service_counts_as_none()
    {
        await using var names = new TinyNameServer();
        names.Services[Service] = [(0, 0, 0, ".")];

        var seeds = await Find(names, "couchbase://db.example.com").FindAsync(CancellationToken.None).InTimeAsync();

        Assert.Equal("db.example.com:11210", Assert.Single(seeds).ToString());
    }

    [Fact]
    public async Task A_record_that_changes_is_seen_after_a_quarter_of_a_minute()
    {
        await using var names = new TinyNameServer();
        names.Services[Service] = [(0, 0, 11_210, "old.example.com")];
        var find = Find(names, "couchbase://db.example.com");
        await find.FindAsync(CancellationToken.None);
        names.Services[Service] = [(0, 0, 11_210, "new.example.com")];

        Assert.Equal("old.example.com:11210", Assert.Single(await find.FindAsync(CancellationToken.None)).ToString());
        _time.Advance(TimeSpan.FromSeconds(16));

        Assert.Equal("new.example.com:11210", Assert.Single(await find.FindAsync(CancellationToken.None)).ToString());
    }

    [Fact]
    public async Task A_client_that_knows_a_service_by_name_only_streams_from_the_producer_behind_it()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using var names = new TinyNameServer();
        names.Services[Service] = [(0, 0, (ushort)producer.Endpoint.Port, "127.0.0.1")];
        producer.Bucket.Set(new VBucketId(0), "found", "{}"u8);

        var seed = Assert.Single(await Find(names, "couchbase://db.example.com").FindAsync(CancellationToken.None));
        var options = Options.For(producer);
        await using var connection = await (options with { Kv = options.Kv with { Endpoint = seed.Endpoint } }).OpenAsync();
        var stream = await connection.StreamAsync(0);

        var keys = new List<string>();
        await stream.TakeEventsAsync(1, change => keys.Add(System.Text.Encoding.UTF8.GetString(change.Key.Span)));
        Assert.Equal(["found"], keys);
    }

    private BootstrapSeeds Find(TinyNameServer names, string text)
    {
        var address = CouchbaseAddress.Parse(text);
        return new BootstrapSeeds(address, address.IsSecure, new ServiceLookup(names.Endpoint), _time, NullLogger.Instance);
    }
}
