using ActorDcp.Producer;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Client.Tests.Connections;

/// <summary>What keeps a connection honest: signs of life, refusals that take the login back, passwords that change, pushed maps.</summary>
public sealed class KeepAliveTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_quiet_node_is_asked_for_a_sign_of_life_which_counts()
    {
        var time = new ManualTime();
        var asked = 0;
        await using var server = new ScriptedServer(async connection =>
        {
            var frame = await connection.LetInAsync();
            while (true)
            {
                Assert.Equal(Opcode.Noop, (Opcode)frame[1]);
                await connection.AnswerAsync(frame, Status.Success);
                Interlocked.Increment(ref asked);
                frame = await connection.ReadAsync();
            }
        });
        await using var connection = await KvConnection.OpenAsync(
            Options.For(server.Endpoint).Kv with { KeepAlive = Interval }, time, NullLogger.Instance, CancellationToken.None).InTimeAsync();

        for (var round = 1; round <= 4; round++)
        {
            time.Advance(1.3 * Interval);
            await Eventually.HoldsAsync(() => Volatile.Read(ref asked) == round, "the no-op");
            await connection.PingAsync(CancellationToken.None);
            Interlocked.Decrement(ref asked);
        }

        Assert.False(connection.Completion.IsCompleted);
        Assert.Empty(server.Faults);
    }

    [Fact]
    public async Task A_node_that_gives_no_sign_of_life_is_dead_after_two_intervals()
    {
        var time = new ManualTime();
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.LetInAsync();
            await connection.ReadAsync(Opcode.Quit);
        });
        await using var connection = await KvConnection.OpenAsync(
            Options.For(server.Endpoint).Kv with { KeepAlive = Interval, RequestTimeout = TimeSpan.FromHours(1) },
            time, NullLogger.Instance, CancellationToken.None).InTimeAsync();

        time.Advance(1.3 * Interval);
        Assert.False(connection.Completion.IsCompleted);
        time.Advance(Interval);

        var cause = Assert.IsType<KvConnectionException>(await connection.Completion.InTimeAsync());
        Assert.Contains("silent", cause.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Status.AuthStale)]
    [InlineData(Status.NoBucket)]
    public async Task A_refusal_that_takes_the_login_back_ends_the_connection_for_a_new_one(Status status)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 2 });
        await using var connection = await Options.For(producer).OpenAsync();
        var stream = await connection.StreamAsync(0);
        producer.AnswerNext(status, 1, Opcode.DcpStreamReq);

        var error = await Assert.ThrowsAsync<KvConnectionException>(() => connection.StreamAsync(1));

        Assert.True(error.IsRetryable);
        Assert.NotNull(await connection.Completion.InTimeAsync());
        await Eventually.HoldsAsync(() => stream.Ending is StreamEnding.ConnectionLost, "the stream's end");
    }

    [Fact]
    public async Task A_temporary_refusal_leaves_the_connection_as_it_is()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using var connection = await Options.For(producer).OpenAsync();
        producer.AnswerNext(Status.TemporaryFailure, 1, Opcode.DcpStreamReq);

        var refused = Assert.IsType<StreamRequestResult.Refused>(await connection.RequestStreamAsync(
            new StreamRequest(new VBucketId(0), StreamOffset.Beginning, Seqno.Max), CancellationToken.None));

        Assert.Equal(Status.TemporaryFailure, refused.Status);
        await connection.StreamAsync(0);
    }

    [Fact]
    public async Task A_rotated_password_is_read_from_its_file_at_the_next_login()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "first\n");
            await using var before = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, Password = "first" });
            await using var after = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, Password = "second" });
            var credentials = KvCredentials.FromFile("Administrator", file);
            await (await OpenAsync(before, credentials)).DisposeAsync();
            await Assert.ThrowsAsync<KvConfigurationException>(() => OpenAsync(after, credentials));

            await File.WriteAllTextAsync(file, "second\n");

            await (await OpenAsync(after, credentials)).DisposeAsync();
            File.Delete(file);
            Assert.Equal("PasswordFile", (await Assert.ThrowsAsync<KvConfigurationException>(() => OpenAsync(after, credentials))).Setting);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pushed_map_arrives_whole_whether_the_node_pushes_briefly_or_not(bool isDcp)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
        var maps = new System.Collections.Concurrent.ConcurrentQueue<ClusterMap>();
        void Keep(ClusterMapPush push)
        {
            if (push.Map is { } map)
                maps.Enqueue(map);
        }

        await using var dcp = await Options.For(producer).OpenAsync();
        await using var plain = await KvConnection.OpenAsync(Options.For(producer).Kv, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        Assert.Contains(HelloFeature.ClustermapChangeNotificationBrief, dcp.Info.Features);
        if (isDcp)
            dcp.ClusterMapPushed += Keep;
        else
            plain.ClusterMapPushed += Keep;

        producer.SetState(new VBucketId(2), VBucketState.Dead);

        await Eventually.HoldsAsync(() => maps.LastOrDefault() is { } map && map.ActiveOf(new VBucketId(2)) is null, "the map without the vbucket");
    }

    [Fact]
    public async Task Statistics_are_collected_to_their_end_and_refused_as_a_whole()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, Ephemeral = true });
        await using var connection = await KvConnection.OpenAsync(
            Options.For(producer).Kv, TimeProvider.System, NullLogger.Instance, CancellationToken.None);

        var statistics = await connection.GetStatisticsAsync("", CancellationToken.None);

        Assert.Equal("ephemeral", statistics["ep_bucket_type"]);
        Assert.Equal("SCRAM-SHA512", connection.Mechanism);
        producer.AnswerNext(Status.NoAccess, 1, Opcode.Stat);
        await Assert.ThrowsAsync<KvConfigurationException>(() => connection.GetStatisticsAsync("", CancellationToken.None));
        await connection.PingAsync(CancellationToken.None);
    }

    private static Task<KvConnection> OpenAsync(EmbeddedProducer producer, KvCredentials credentials) => KvConnection.OpenAsync(
        Options.For(producer).Kv with { Credentials = credentials }, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
}
