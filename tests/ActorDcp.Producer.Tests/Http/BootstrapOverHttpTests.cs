using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.Http;

/// <summary>What clients find at the HTTP port of a node (dcp-reference.md 2.7).</summary>
public sealed class BootstrapOverHttpTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private EmbeddedProducer _producer = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4, HttpPort = 0 });
        _http = ClientOf(_producer, "Administrator", EmbeddedProducerOptions.DefaultPassword);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _producer.DisposeAsync();
    }

    [Theory]
    [InlineData("/pools/default/b/default", "vBucketServerMap")]
    [InlineData("/pools/default/buckets/default", "vBucketServerMap")]
    [InlineData("/pools/default/nodeServices", "nodesExt")]
    [InlineData("/pools/default", "nodes")]
    [InlineData("/pools/nodes", "nodes")]
    [InlineData("/pools", "implementationVersion")]
    [InlineData("/whoami", "roles")]
    public async Task What_clients_ask_for_is_there(string path, string member)
    {
        using var answer = JsonDocument.Parse(await _http.GetStringAsync(new Uri(path, UriKind.Relative)));

        Assert.True(answer.RootElement.TryGetProperty(member, out _), $"{path} has no {member}");
    }

    [Fact]
    public async Task The_map_names_the_kv_port_and_the_http_port_of_the_node()
    {
        using var terse = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/pools/default/b/default", UriKind.Relative)));
        using var global = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/pools/default/nodeServices", UriKind.Relative)));

        foreach (var map in (JsonDocument[])[terse, global])
        {
            var node = Assert.Single(map.RootElement.GetProperty("nodesExt").EnumerateArray());
            Assert.Equal(_producer.Endpoint.Port, node.GetProperty("services").GetProperty("kv").GetInt32());
            Assert.Equal(_producer.HttpEndpoint!.Port, node.GetProperty("services").GetProperty("mgmt").GetInt32());
        }
        Assert.False(global.RootElement.TryGetProperty("vBucketServerMap", out _));
        Assert.Equal($"127.0.0.1:{_producer.HttpEndpoint!.Port}", Assert.Single(terse.RootElement.GetProperty("nodes").EnumerateArray()).GetProperty("hostname").GetString());
    }

    [Fact]
    public async Task A_bucket_tells_its_type_and_how_many_documents_it_has()
    {
        _producer.Bucket.Set("k", "{}");

        using var list = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/pools/default/buckets", UriKind.Relative)));

        var bucket = Assert.Single(list.RootElement.EnumerateArray());
        Assert.Equal("default", bucket.GetProperty("name").GetString());
        Assert.Equal("membase", bucket.GetProperty("bucketType").GetString());
        Assert.Equal("couchstore", bucket.GetProperty("storageBackend").GetString());
        Assert.Equal(_producer.Bucket.Uuid, bucket.GetProperty("uuid").GetString());
        Assert.Equal(1, bucket.GetProperty("basicStats").GetProperty("itemCount").GetInt32());
    }

    [Theory]
    [InlineData("/pools/default/bs/default")]
    [InlineData("/pools/default/bucketsStreaming/default")]
    public async Task A_stream_sends_the_map_again_after_each_revision(string path)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(deadline.Token));

        using var first = JsonDocument.Parse(await NextAsync(reader, deadline.Token));
        _producer.SetState(new VBucketId(2), VBucketState.Dead);
        using var second = JsonDocument.Parse(await NextAsync(reader, deadline.Token));

        Assert.Equal("[[0],[0],[0],[0]]", MapOf(first));
        Assert.Equal("[[0],[0],[-1],[0]]", MapOf(second));
    }

    [Fact]
    public async Task A_stream_does_not_keep_the_producer_from_stopping()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var answer = await _http.GetAsync(new Uri("/pools/default/bs/default", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(deadline.Token));
        await NextAsync(reader, deadline.Token);

        await _producer.DisposeAsync().AsTask().WaitAsync(deadline.Token);

        Assert.Equal("", await reader.ReadToEndAsync(deadline.Token));
    }

    [Theory]
    [InlineData("Administrator", "wrong")]
    [InlineData("nobody", "password")]
    [InlineData("", "")]
    public async Task Wrong_credentials_are_401(string user, string password)
    {
        using var http = ClientOf(_producer, user, password);

        using var answer = await http.GetAsync(new Uri("/pools/default/b/default", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Basic", Assert.Single(answer.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task Without_credentials_only_pools_is_told_and_names_no_pool()
    {
        using var http = new HttpClient { BaseAddress = _http.BaseAddress };

        using var pools = JsonDocument.Parse(await http.GetStringAsync(new Uri("/pools", UriKind.Relative)));
        using var refused = await http.GetAsync(new Uri("/pools/default", UriKind.Relative));

        Assert.Empty(pools.RootElement.GetProperty("pools").EnumerateArray());
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Theory]
    [InlineData("/pools/default/b/another", HttpStatusCode.NotFound)]
    [InlineData("/pools/default/buckets/another", HttpStatusCode.NotFound)]
    [InlineData("/nothing/here", HttpStatusCode.NotFound)]
    public async Task What_is_not_there_is_said_so(string path, HttpStatusCode status)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(status, answer.StatusCode);
        Assert.Contains("not found", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_another_site_can_change_nothing()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/pools/default/buckets", UriKind.Relative));
        request.Headers.Add("Origin", "http://elsewhere.example");

        using var answer = await _http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        var options = new EmbeddedProducerOptions { VBuckets = 1, HttpPort = _producer.HttpEndpoint!.Port };

        var refusal = await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => EmbeddedProducer.StartAsync(options));

        Assert.Contains("HTTP", refusal.Message, StringComparison.Ordinal);
    }

    internal static HttpClient ClientOf(EmbeddedProducer producer, string user, string password)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{producer.HttpEndpoint!.Port}"), Timeout = Deadline };
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        return http;
    }

    private static string MapOf(JsonDocument map) => map.RootElement.GetProperty("vBucketServerMap").GetProperty("vBucketMap").GetRawText();

    /// <summary>A document of a stream: four newlines end it.</summary>
    private static async Task<string> NextAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var document = await reader.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("the stream ended");
        for (var newline = 1; newline < 4; newline++)
            Assert.Equal("", await reader.ReadLineAsync(cancellationToken));
        return document;
    }
}
