using System.Net;
using System.Net.Sockets;
using ActorDcp.Producer;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Client.Tests.Connections;

public sealed class HandshakeTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(SaslMechanism.Plain)]
    [InlineData(SaslMechanism.ScramSha1)]
    [InlineData(SaslMechanism.ScramSha256)]
    [InlineData(SaslMechanism.ScramSha512)]
    public async Task A_connection_opens_by_every_mechanism(SaslMechanism? mechanism)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });

        await using var connection = await OpenAsync(producer, options => options with { SaslMechanism = mechanism });

        Assert.True(connection.Info.Collections);
        Assert.NotEmpty(connection.Info.ServerVersion);
        var map = await connection.GetClusterMapAsync(known: null, CancellationToken.None);
        Assert.Equal(4, map!.VBucketCount);
        Assert.Null(await connection.GetClusterMapAsync(map.Revision, CancellationToken.None));
        Assert.Equal(4, (await connection.GetAllVBucketSeqnosAsync(Protocol.Requests.VBucketStateFilter.Active, null, CancellationToken.None)).Count);
        var log = await connection.GetFailoverLogAsync(new VBucketId(1), CancellationToken.None);
        Assert.Equal(producer.Bucket.FailoverLog(new VBucketId(1)), log);
        Assert.Null(await connection.GetFailoverLogAsync(new VBucketId(9), CancellationToken.None));
    }

    [Theory]
    [InlineData(SaslMechanism.Plain)]
    [InlineData(SaslMechanism.ScramSha1)]
    [InlineData(SaslMechanism.ScramSha256)]
    [InlineData(SaslMechanism.ScramSha512)]
    public async Task A_name_and_password_outside_ascii_log_in(SaslMechanism mechanism)
    {
        // a no-break space, a soft hyphen, a full-width digit and a decomposed umlaut: all different once prepared
        const string user = "Ju\u0308rgen=,\u00a0M\u00fcller", password = "pa\u00adss\uff11\u20ac";
        await using var producer = await EmbeddedProducer.StartAsync(
            new EmbeddedProducerOptions { VBuckets = 1, User = user, Password = password });

        await using var connection = await OpenAsync(
            producer, options => options with { Credentials = new KvCredentials(user, password), SaslMechanism = mechanism });

        Assert.True(connection.Info.Collections);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(SaslMechanism.Plain)]
    public async Task A_wrong_password_names_the_user_and_the_node_but_not_the_password(SaslMechanism? mechanism)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });

        var error = await Assert.ThrowsAsync<KvConfigurationException>(() => OpenAsync(
            producer, options => options with { Credentials = new KvCredentials("Administrator", "wr0ng-secret"), SaslMechanism = mechanism }));

        Assert.Equal("Password", error.Setting);
        Assert.Contains("Administrator", error.Message, StringComparison.Ordinal);
        Assert.Contains(producer.Endpoint.ToString(), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_bucket_is_named()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });

        var error = await Assert.ThrowsAsync<KvConfigurationException>(
            () => OpenAsync(producer, options => options with { Bucket = "nosuch" }));

        Assert.Equal("Bucket", error.Setting);
        Assert.Contains("'nosuch'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_port_is_retryable_and_named()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        var port = ((IPEndPoint)unused.LocalEndpoint).Port;
        unused.Stop();

        var error = await Assert.ThrowsAsync<KvConnectionException>(() => Options.For(new KvEndpoint("127.0.0.1", port)).OpenAsync());

        Assert.True(error.IsRetryable);
        Assert.Contains($"127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_says_nothing_hits_the_connect_deadline()
    {
        await using var server = new ScriptedServer(async connection => await connection.ReadAsync(Opcode.Quit));
        var options = Options.For(server.Endpoint);

        var error = await Assert.ThrowsAsync<KvConnectionException>(
            () => (options with { Kv = options.Kv with { ConnectTimeout = TimeSpan.FromMilliseconds(200) } }).OpenAsync());

        Assert.True(error.IsRetryable);
    }

    [Fact]
    public async Task A_node_that_offers_only_plain_without_tls_is_not_told_the_password()
    {
        await using var server = new ScriptedServer(async connection => await connection.LetInAsync());
        var options = Options.For(server.Endpoint);

        var error = await Assert.ThrowsAsync<KvConfigurationException>(
            () => (options with { Kv = options.Kv with { SaslMechanism = null } }).OpenAsync());

        Assert.Equal("Auth", error.Setting);
    }

    [Fact]
    public async Task A_control_that_the_node_does_not_know_is_an_absent_feature()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.AnswerNext(Status.InvalidArguments, 1, Opcode.DcpControl);

        // the first control is enable_noop, without which there are no streams
        var error = await Assert.ThrowsAsync<KvConnectionException>(() => OpenAsync(producer, options => options));
        Assert.Contains("enable_noop", error.Message, StringComparison.Ordinal);

        await using var server = new ScriptedServer(RefuseOptionalControlsAsync);
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        Assert.Contains("max_marker_version", connection.Info.RefusedControls.Keys);
        Assert.DoesNotContain("connection_buffer_size", connection.Info.RefusedControls.Keys);
    }

    [Fact]
    public async Task Cancelling_an_open_cancels_it()
    {
        await using var server = new ScriptedServer(async connection => await connection.ReadAsync(Opcode.Quit));
        using var cancellation = new CancellationTokenSource();
        var opening = DcpConnection.OpenAsync(
            Options.For(server.Endpoint), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.InTimeAsync());
    }

    [Fact]
    public void Credentials_print_no_password() =>
        Assert.DoesNotContain("secret", Options.For(new KvEndpoint("h", 1)) with
        {
            Kv = new KvConnectionOptions { Endpoint = new KvEndpoint("h", 1), Credentials = new KvCredentials("u", "secret") },
        } + "", StringComparison.Ordinal);

    private static async Task RefuseOptionalControlsAsync(ScriptedConnection connection)
    {
        string[] required = ["enable_noop", "set_noop_interval", "connection_buffer_size"];
        while (true)
        {
            var frame = await connection.ReadAsync();
            var key = System.Text.Encoding.ASCII.GetString(Frame.Read(frame).Key);
            switch ((Opcode)frame[1])
            {
                case Opcode.DcpControl when !required.Contains(key):
                    await connection.AnswerAsync(frame, Status.InvalidArguments);
                    break;
                case Opcode.Helo:
                    await connection.AnswerAsync(frame, Status.Success, Frame.Read(frame).Value.ToArray());
                    break;
                default:
                    await connection.AnswerAsync(frame, Status.Success);
                    break;
            }
        }
    }

    private static Task<DcpConnection> OpenAsync(EmbeddedProducer producer, Func<KvConnectionOptions, KvConnectionOptions> change)
    {
        var options = Options.For(producer);
        return (options with { Kv = change(options.Kv) }).OpenAsync();
    }
}
