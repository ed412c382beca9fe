using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Access;

/// <summary>Connections that never log in, or take for ever to say anything, are in nobody's way.</summary>
public sealed class FloodTests
{
    private const int Silent = 500;
    private const int Slow = 50;

    [Fact]
    public async Task Silent_and_slow_connections_do_not_hold_up_a_client_that_logs_in()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
        var sockets = new List<Socket>();
        using var stop = new CancellationTokenSource();
        try
        {
            for (var i = 0; i < Silent + Slow; i++)
                sockets.Add(await ConnectAsync(producer));
            await Wait.UntilAsync(() => producer.ConnectionCount == Silent + Slow);
            var dripping = Task.WhenAll(sockets.Take(Slow).Select(socket => DripAsync(socket, stop.Token)));

            var watch = Stopwatch.StartNew();
            await using var client = await RawClient.LoginAsync(producer);
            for (var i = 0; i < 200; i++)
                Assert.Equal(Status.Success, (await client.SetAsync(0, $"k{i}", "1")).Status);
            Assert.True(watch.Elapsed < RawClient.Deadline / 2, $"200 writes took {watch.Elapsed}");

            var silent = producer.Nodes[0].Services!.Connections.All.Where(connection => connection.User is null).ToList();
            Assert.Equal(Silent + Slow, silent.Count);
            Assert.All(silent, connection => Assert.InRange(connection.BufferBytes, 0, 8 * 1024));
            await stop.CancelAsync();
            await dripping;
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task When_there_are_too_many_the_oldest_that_nobody_logged_in_on_makes_room()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, MaxConnections = 8 });
        await using var kept = await RawClient.LoginAsync(producer);
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 30; i++)
                sockets.Add(await ConnectAsync(producer));
            await Wait.UntilAsync(() => sockets.Count(IsClosed) >= sockets.Count - 8);
            await using var late = await RawClient.LoginAsync(producer);
            Assert.Equal(Status.Success, (await late.SetAsync(0, "a", "1")).Status);
            Assert.Equal(Status.Success, (await kept.SetAsync(0, "b", "1")).Status);
            Assert.True(producer.ConnectionCount <= 8);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_connection_that_is_not_logged_in_in_time_is_dropped_however_busily_it_drips()
    {
        await using var producer = await EmbeddedProducer.StartAsync(
            new EmbeddedProducerOptions { VBuckets = 1, AuthenticationTimeout = TimeSpan.FromMilliseconds(500) });
        using var socket = await ConnectAsync(producer);
        await Wait.UntilAsync(() => producer.ConnectionCount == 1);
        await socket.SendAsync(new byte[] { 0x80, 0x1f, 0, 0 });
        await Wait.UntilAsync(() => producer.ConnectionCount == 0);
    }

    [Fact]
    public async Task A_frame_above_the_limit_before_logging_in_costs_the_connection_before_it_is_read()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using var client = await RawClient.ConnectAsync(producer);
        byte[] header = [0x80, 0x1f, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        await client.SendRawAsync(header);
        await client.WaitForCloseAsync();
    }

    [Fact]
    public async Task Handshakes_that_never_end_do_not_keep_a_client_from_its_own()
    {
        using var authority = SelfSignedCertificate.CreateAuthority();
        using var server = SelfSignedCertificate.Create(authority);
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, MaxConnections = 8, TlsCertificate = server });
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 100; i++)
                sockets.Add(await ConnectAsync(producer.TlsEndpoint!));
            await Wait.UntilAsync(() => sockets.Count(IsClosed) >= sockets.Count - 4);
            await using var client = await RawClient.ConnectTlsAsync(producer, TlsTrust.In(authority));
            await client.HelloAsync(HelloFeature.Xerror);
            await client.AuthenticateAsync("Administrator", EmbeddedProducerOptions.DefaultPassword);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_that_ask_nothing_do_not_keep_others_from_the_http_port(bool tls)
    {
        using var authority = SelfSignedCertificate.CreateAuthority();
        using var server = SelfSignedCertificate.Create(authority);
        await using var producer = await EmbeddedProducer.StartAsync(
            new EmbeddedProducerOptions { VBuckets = 1, HttpPort = 0, HttpsPort = 0, TlsCertificate = server });
        using var known = Http(producer, tls, authority);
        using var deadline = new CancellationTokenSource(RawClient.Deadline);
        using var stream = await known.GetAsync(new Uri("/pools/default/bs/default", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 700; i++)
                sockets.Add(await ConnectAsync(tls ? producer.HttpsEndpoint! : producer.HttpEndpoint!));
            await Wait.UntilAsync(() => sockets.Count(IsClosed) >= 150);
            using var late = Http(producer, tls, authority);
            using var answer = await late.GetAsync(new Uri("/pools/default", UriKind.Relative), deadline.Token);
            Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
            // who showed who he is keeps his connection
            using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(deadline.Token));
            Assert.Contains("vBucketServerMap", await reader.ReadLineAsync(deadline.Token), StringComparison.Ordinal);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static HttpClient Http(EmbeddedProducer producer, bool tls, X509Certificate2 authority)
    {
        var handler = new SocketsHttpHandler { SslOptions = TlsTrust.In(authority) };
        var http = new HttpClient(handler) { BaseAddress = new Uri(tls ? $"https://127.0.0.1:{producer.HttpsEndpoint!.Port}" : $"http://127.0.0.1:{producer.HttpEndpoint!.Port}") };
        http.DefaultRequestHeaders.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"Administrator:{EmbeddedProducerOptions.DefaultPassword}")));
        return http;
    }

    private static bool IsClosed(Socket socket) => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    private static Task<Socket> ConnectAsync(EmbeddedProducer producer) => ConnectAsync(producer.Endpoint);

    private static async Task<Socket> ConnectAsync(System.Net.EndPoint endPoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint);
        return socket;
    }

    /// <summary>Sends the header of a HELO byte by byte and never comes to its end.</summary>
    private static async Task DripAsync(Socket socket, CancellationToken stop)
    {
        byte[] header = [0x80, 0x1f, 0, 1, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 1];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            for (var i = 0; i < header.Length; i++)
            {
                await socket.SendAsync(header.AsMemory(i, 1), stop);
                await timer.WaitForNextTickAsync(stop);
            }
        }
        catch (OperationCanceledException)
        {
            // the test is over
        }
    }
}
