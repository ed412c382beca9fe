using System.Collections.Concurrent;
using ActorDcp.Producer;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol.ClusterMaps;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Client.Tests.Bootstrap;

public sealed class ManagementConnectionTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<ClusterMap> _maps = new();
    private EmbeddedProducer _producer = null!;

    public async Task InitializeAsync() =>
        _producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 8, HttpPort = 0 });

    public async Task DisposeAsync() => await _producer.DisposeAsync();

    [Fact]
    public async Task The_stream_brings_the_map_and_each_that_follows()
    {
        await using var connection = await OpenAsync();
        Assert.Equal(8, Assert.Single(_maps).VBucketCount);

        _producer.SetState(new VBucketId(3), VBucketState.Dead);

        await Eventually.HoldsAsync(() => _maps.Last().ActiveOf(new VBucketId(3)) is null, "the new map");
        Assert.True(_maps.Last().Supersedes(_maps.First()));
        Assert.Equal(_maps.Last().Revision, (await connection.GetClusterMapAsync(CancellationToken.None)).Revision);
    }

    [Fact]
    public async Task A_server_from_before_the_terse_form_is_asked_in_the_older_one()
    {
        await using var older = await OlderServer.StartAsync(_producer.HttpEndpoint!.Port);
        await using var connection = await OpenAsync(options => options with { Endpoint = new KvEndpoint("127.0.0.1", older.Port) });
        Assert.Equal(8, Assert.Single(_maps).VBucketCount);

        _producer.SetState(new VBucketId(3), VBucketState.Dead);

        await Eventually.HoldsAsync(() => _maps.Last().ActiveOf(new VBucketId(3)) is null, "the new map");
        Assert.Null((await connection.GetClusterMapAsync(CancellationToken.None)).ActiveOf(new VBucketId(3)));
        Assert.Equal(1, older.Refused);
    }

    [Fact]
    public async Task When_the_node_goes_the_connection_ends_with_the_cause()
    {
        await using var connection = await OpenAsync();

        await _producer.StopNodeAsync(0);

        Assert.IsType<KvConnectionException>(await connection.Completion.InTimeAsync());
        await Assert.ThrowsAsync<KvConnectionException>(() => connection.GetClusterMapAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_wrong_password_and_a_wrong_bucket_are_told_apart()
    {
        var login = await Assert.ThrowsAsync<KvConfigurationException>(
            () => OpenAsync(options => options with { Credentials = new KvCredentials("Administrator", "wr0ng") }));
        var bucket = await Assert.ThrowsAsync<KvConfigurationException>(() => OpenAsync(options => options with { Bucket = "nosuch" }));

        Assert.Equal("Password", login.Setting);
        Assert.DoesNotContain("wr0ng", login.ToString(), StringComparison.Ordinal);
        Assert.Equal("Bucket", bucket.Setting);
        Assert.Contains("'nosuch'", bucket.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_does_not_speak_http_says_so()
    {
        var error = await Assert.ThrowsAsync<KvConnectionException>(
            () => OpenAsync(options => options with { Endpoint = new KvEndpoint("127.0.0.1", _producer.Endpoint.Port), ConnectTimeout = TimeSpan.FromSeconds(2) }));

        Assert.Contains(_producer.Endpoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Documents_are_cut_wherever_reads_end(int size)
    {
        var bytes = "{\"a\":1}\n\n\n\n\n\n\n\n{\"b\":2}\n\n\n\n{\"c\"\n\n:3}\n\n\n\n"u8.ToArray();
        var documents = new DocumentStream(new ShortReads(bytes, size), largest: 100);

        Assert.Equal("{\"a\":1}"u8.ToArray(), await documents.NextAsync(CancellationToken.None));
        Assert.Equal("{\"b\":2}"u8.ToArray(), await documents.NextAsync(CancellationToken.None));
        Assert.Equal("{\"c\"\n\n:3}"u8.ToArray(), await documents.NextAsync(CancellationToken.None));
        await Assert.ThrowsAsync<IOException>(() => documents.NextAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_document_without_an_end_is_not_collected_for_ever() =>
        await Assert.ThrowsAsync<Protocol.ProtocolException>(
            () => new DocumentStream(new ShortReads(new byte[100_000], 1000), largest: 5_000).NextAsync(CancellationToken.None));

    private Task<ManagementConnection> OpenAsync(Func<KvConnectionOptions, KvConnectionOptions>? change = null)
    {
        var options = Options.For(_producer).Kv with { Endpoint = new KvEndpoint("127.0.0.1", _producer.HttpEndpoint!.Port) };
        return ManagementConnection.OpenAsync(
            change is null ? options : change(options), _maps.Enqueue, TimeProvider.System, NullLogger.Instance, CancellationToken.None).InTimeAsync();
    }

    private sealed class ShortReads(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
