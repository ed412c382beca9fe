using System.Net;
using System.Text;
using System.Text.Json;

namespace ActorDcp.Producer.Tests.Http;

/// <summary>Scopes and collections by Couchbase's calls.</summary>
public sealed class ScopesOverHttpTests : IAsyncLifetime
{
    private const string Scopes = "/pools/default/buckets/default/scopes";
    private EmbeddedProducer _producer = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4, HttpPort = 0 });
        _http = BootstrapOverHttpTests.ClientOf(_producer, "Administrator", EmbeddedProducerOptions.DefaultPassword);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _producer.DisposeAsync();
    }

    [Fact]
    public async Task Scopes_and_collections_come_change_and_go_and_every_change_gives_the_next_uid()
    {
        Assert.Equal((200, "{\"uid\":\"1\"}"), await SendAsync(HttpMethod.Post, "", ("name", "shop")));
        Assert.Equal((200, "{\"uid\":\"2\"}"), await SendAsync(HttpMethod.Post, "/shop/collections", ("name", "orders"), ("maxTTL", "60")));
        Assert.Equal((200, "{\"uid\":\"3\"}"), await SendAsync(HttpMethod.Patch, "/shop/collections/orders", ("maxTTL", "90")));
        Assert.Equal((200, "{}"), await SendAsync(HttpMethod.Post, "/@ensureManifest/3"));
        Assert.Equal("shop: orders 90", await TextAsync());
        Assert.Equal(90u, _producer.Bucket.Collections.Current.Find("shop", "orders")!.MaxTtl);
        Assert.Equal((200, "{\"uid\":\"4\"}"), await SendAsync(HttpMethod.Delete, "/shop/collections/orders"));
        Assert.Equal("shop:", await TextAsync());
        Assert.Equal((200, "{\"uid\":\"5\"}"), await SendAsync(HttpMethod.Delete, "/shop"));
        Assert.Equal("", await TextAsync());
    }

    [Theory]
    [InlineData("POST", "", "name=taken", 400, "{\"errors\":{\"_\":\"Scope with name \\\"taken\\\" already exists\"}}")]
    [InlineData("POST", "", "name=_mine", 400, "{\"errors\":{\"name\":\"First character must not be _ or %\"}}")]
    [InlineData("POST", "", "", 400, "{\"errors\":{\"name\":\"The value must be supplied\"}}")]
    [InlineData("POST", "", "name=x&colour=red", 400, "{\"errors\":{\"colour\":\"Unsupported key\"}}")]
    [InlineData("POST", "/taken/collections", "name=taken", 400, "{\"errors\":{\"_\":\"Collection with name \\\"taken\\\" in scope \\\"taken\\\" already exists\"}}")]
    [InlineData("POST", "/missing/collections", "name=x", 404, "{\"errors\":{\"_\":\"Scope with name \\\"missing\\\" is not found\"}}")]
    [InlineData("POST", "/taken/collections", "name=x&maxTTL=long", 400, "{\"errors\":{\"maxTTL\":\"The value must be an integer\"}}")]
    [InlineData("PATCH", "/taken/collections/missing", "maxTTL=1", 404, "{\"errors\":{\"_\":\"Collection with name \\\"missing\\\" in scope \\\"taken\\\" is not found\"}}")]
    [InlineData("DELETE", "/missing", "", 404, "{\"errors\":{\"_\":\"Scope with name \\\"missing\\\" is not found\"}}")]
    [InlineData("DELETE", "/_default", "", 400, "{\"errors\":{\"_\":\"Deleting _default scope is not allowed\"}}")]
    public async Task What_cannot_be_is_refused_in_Couchbases_words(string method, string path, string form, int status, string answer)
    {
        _producer.Bucket.Collections.CreateScope("taken");
        _producer.Bucket.Collections.CreateCollection("taken", "taken");
        var before = _producer.Bucket.Collections.Current;

        Assert.Equal(
            (status, answer),
            await SendAsync(new HttpMethod(method), path, [.. form.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))]));
        Assert.Same(before, _producer.Bucket.Collections.Current);
    }

    [Fact]
    public async Task A_whole_list_replaces_what_there_is()
    {
        _producer.Bucket.Collections.CreateScope("old");
        _producer.Bucket.Collections.CreateScope("kept");
        _producer.Bucket.Collections.CreateCollection("kept", "a");
        using var body = new StringContent(
            """{"scopes":[{"name":"_default","collections":[{"name":"_default"}]},{"name":"kept","collections":[{"name":"b","maxTTL":5}]}]}""", Encoding.UTF8, "application/json");

        using var answer = await _http.PutAsync(new Uri(Scopes, UriKind.Relative), body);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("kept: b 5", await TextAsync());
    }

    [Fact]
    public async Task A_change_gives_clients_a_new_map_with_the_manifests_uid()
    {
        await SendAsync(HttpMethod.Post, "", ("name", "shop"));

        using var map = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/pools/default/b/default", UriKind.Relative)));

        Assert.Equal("1", map.RootElement.GetProperty("collectionsManifestUid").GetString());
        Assert.Equal(2, map.RootElement.GetProperty("rev").GetInt32());
    }

    private async Task<(int Status, string Answer)> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] form)
    {
        using var request = new HttpRequestMessage(method, new Uri(Scopes + path, UriKind.Relative));
        if (method != HttpMethod.Delete)
            request.Content = new FormUrlEncodedContent(form.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));
        using var answer = await _http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The scopes beside the default one, with their collections and times to live.</summary>
    private async Task<string> TextAsync()
    {
        using var manifest = JsonDocument.Parse(await _http.GetStringAsync(new Uri(Scopes, UriKind.Relative)));
        return string.Join(" | ", manifest.RootElement.GetProperty("scopes").EnumerateArray().Skip(1).Select(scope =>
            $"{scope.GetProperty("name").GetString()}: {string.Join(", ", scope.GetProperty("collections").EnumerateArray().Select(collection => $"{collection.GetProperty("name").GetString()} {collection.GetProperty("maxTTL").GetInt32()}"))}".TrimEnd()));
    }
}
