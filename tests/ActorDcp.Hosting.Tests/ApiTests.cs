using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Hosting.Tests;

public sealed class ApiTests
{
    private readonly ScriptedGroups _groups = new();

    [Fact]
    public async Task Status_has_the_contracts_names()
    {
        await using var host = await ApiHost.StartAsync(_groups);

        var status = await ReadAsync(await host.Client.GetAsync("/api/v1/groups/orders/status"));

        Assert.Equal(
            ["group", "bucket", "bucket_uuid", "complete", "members", "nodes", "vbuckets"],
            status.EnumerateObject().Select(property => property.Name));
        Assert.Equal(["member", "address", "state", "vbuckets"], Names(status, "members"));
        Assert.Equal(["node", "connections", "window", "unacknowledged", "parked", "pinned", "failure", "failed_at"], Names(status, "nodes"));
        Assert.Equal(
            ["vb", "member", "state", "reason", "epoch", "vbuuid", "high", "received", "handled", "checkpointed", "last_progress", "node"],
            Names(status, "vbuckets"));
        Assert.Equal(ulong.MaxValue, status.GetProperty("vbuckets")[0].GetProperty("high").GetUInt64());
    }

    [Fact]
    public async Task Exported_offsets_can_be_imported_as_they_are()
    {
        await using var host = await ApiHost.StartAsync(_groups);

        var exported = await host.Client.GetStringAsync("/api/v1/groups/orders/offsets");
        using var body = new StringContent(exported, Encoding.UTF8, "application/json");
        var answer = await host.Client.PutAsync("/api/v1/groups/orders/offsets?dry_run=true", body);

        var document = JsonDocument.Parse(exported).RootElement;
        Assert.Equal(["version", "bucket", "bucket_uuid", "vbuckets"], document.EnumerateObject().Select(property => property.Name));
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(["import 0000000000000000/0[0,0], 00000000000000ab/7[5,9] True"], _groups.Calls);
    }

    [Theory]
    [InlineData("""{"version":2,"bucket":"b","bucket_uuid":"u","vbuckets":[]}""", "has version 2")]
    [InlineData("""{"version":1,"bucket":"b","bucket_uuid":"u","vbuckets":[{"vb":1,"vbuuid":"ab","seqno":9,"snapshot_start":1,"snapshot_end":5,"manifest":"0"}]}""", "no legal offset for vbucket 1")]
    [InlineData("""{"version":1,"bucket":"b","bucket_uuid":"u","vbuckets":[{"vb":70000,"vbuuid":"0","seqno":0,"snapshot_start":0,"snapshot_end":0,"manifest":"0"}]}""", "vbucket 70000")]
    [InlineData("nothing", "")]
    public async Task Offsets_that_cannot_be_are_not_imported(string json, string words)
    {
        await using var host = await ApiHost.StartAsync(_groups);
        using var body = new StringContent(json, Encoding.UTF8, "application/json");

        var answer = await host.Client.PutAsync("/api/v1/groups/orders/offsets", body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_groups.Calls);
    }

    [Fact]
    public async Task Groups_and_history_are_told()
    {
        await using var host = await ApiHost.StartAsync(_groups);

        Assert.Equal("orders", (await ReadAsync(await host.Client.GetAsync("/api/v1/groups"))).GetProperty("groups")[0].GetString());
        var history = await ReadAsync(await host.Client.GetAsync("/api/v1/groups/orders/vbuckets/1/history"));
        Assert.Equal("rolled_back", history.GetProperty("facts")[0].GetProperty("fact").GetString());
    }

    [Theory]
    [InlineData("/api/v1/groups/nobody/status")]
    [InlineData("/api/v1/groups/orders/vbuckets/2/history")]
    [InlineData("/api/v1/groups/orders/vbuckets/x/history")]
    [InlineData("/api/v1/groups/orders/vbuckets/70000/history")]
    public async Task What_is_not_there_is_404_with_a_mend(string path)
    {
        await using var host = await ApiHost.StartAsync(_groups);

        var response = await host.Client.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var error = await ReadAsync(response);
        Assert.NotEmpty(error.GetProperty("error").GetString()!);
        Assert.NotEmpty(error.GetProperty("mend").GetString()!);
    }

    [Fact]
    public async Task A_group_that_does_not_answer_is_503()
    {
        _groups.Answers = false;
        await using var host = await ApiHost.StartAsync(_groups);

        var response = await host.Client.GetAsync("/api/v1/groups/orders/status");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotEmpty((await ReadAsync(response)).GetProperty("mend").GetString()!);
    }

    [Fact]
    public async Task Operations_reach_the_group_and_its_vbuckets()
    {
        await using var host = await ApiHost.StartAsync(_groups);

        var paused = await host.Client.PostAsync("/api/v1/groups/orders:pause", null);
        await host.Client.PostAsync("/api/v1/groups/orders/vbuckets/1:resume", null);
        await host.Client.PostAsync("/api/v1/groups/orders/vbuckets/1:rewind", Json("""{"to":"seqno","seqno":9,"dry_run":true}"""));

        Assert.Equal(HttpStatusCode.Accepted, paused.StatusCode);
        Assert.Equal(7, (await ReadAsync(paused)).GetProperty("redelivered").GetInt64());
        Assert.Equal(["pause all", "resume 1", "rewind 1 At { Seqno = 9 } True"], _groups.Calls);
    }

    [Theory]
    [InlineData("""{"to":"seqno"}""")]
    [InlineData("""{"to":"tomorrow"}""")]
    [InlineData("""{"too":"now"}""")]
    [InlineData("not json")]
    [InlineData("")]
    public async Task A_rewind_that_says_nothing_is_400(string body)
    {
        await using var host = await ApiHost.StartAsync(_groups);

        var response = await host.Client.PostAsync("/api/v1/groups/orders:rewind", Json(body));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(_groups.Calls);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(503)]
    public async Task A_refused_operation_says_why(int status)
    {
        _groups.Answer = status switch
        {
            404 => new OperationResult.NotFound("why", "mend"),
            409 => new OperationResult.Conflict("why", "mend"),
            _ => new OperationResult.Unavailable("why", "mend"),
        };
        await using var host = await ApiHost.StartAsync(_groups);

        var response = await host.Client.PostAsync("/api/v1/groups/orders/vbuckets/1:pause", null);

        Assert.Equal(status, (int)response.StatusCode);
        var error = await ReadAsync(response);
        Assert.Equal("why", error.GetProperty("error").GetString());
        Assert.Equal("mend", error.GetProperty("mend").GetString());
    }

    [Theory]
    [InlineData("GET", "/health/live")]
    [InlineData("GET", "/health/ready")]
    [InlineData("GET", "/metrics")]
    [InlineData("GET", "/api/v1/groups")]
    [InlineData("GET", "/api/v1/groups/orders/status")]
    [InlineData("POST", "/api/v1/groups/orders:pause")]
    public async Task Every_call_needs_the_token_where_one_is_configured(string method, string path)
    {
        await using var host = await ApiHost.StartAsync(_groups, token: "t0ken");

        var without = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        var wrong = await SendWithTokenAsync(host, method, path, "t0ken2");
        Assert.Empty(_groups.Calls);
        var right = await SendWithTokenAsync(host, method, path, "t0ken");

        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.True(right.IsSuccessStatusCode, right.StatusCode.ToString());
    }

    [Fact]
    public async Task A_post_from_another_origin_is_refused()
    {
        await using var host = await ApiHost.StartAsync(_groups);

        Assert.Equal(HttpStatusCode.Forbidden, await PostWithOriginAsync(host, "http://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostWithOriginAsync(host, "null"));
        Assert.Empty(_groups.Calls);
        Assert.Equal(HttpStatusCode.Accepted, await PostWithOriginAsync(host, host.Client.BaseAddress!.GetLeftPart(UriPartial.Authority)));
    }

    [Fact]
    public async Task Another_name_in_Host_is_refused_without_a_token()
    {
        await using var host = await ApiHost.StartAsync(_groups);
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/groups/orders:pause");
        request.Headers.Host = "rebound.example";

        var response = await host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Empty(_groups.Calls);
    }

    [Fact]
    public async Task Readiness_follows_the_group_and_liveness_does_not()
    {
        _groups.IsHealthy = false;
        await using var host = await ApiHost.StartAsync(_groups);

        var ready = await host.Client.GetAsync("/health/ready");
        var live = await host.Client.GetAsync("/health/live");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("no node can be reached", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task Metrics_are_Prometheus_text_with_what_the_meter_counts()
    {
        await using var host = await ApiHost.StartAsync(_groups);
        using var meter = new System.Diagnostics.Metrics.Meter("ActorDcp");
        meter.CreateCounter<long>("actordcp.test.events").Add(3);

        var text = await host.Client.GetStringAsync("/metrics");

        Assert.Contains("actordcp_test_events_total", text, StringComparison.Ordinal);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    private static IEnumerable<string> Names(JsonElement status, string list) =>
        status.GetProperty(list)[0].EnumerateObject().Select(property => property.Name);

    private static async Task<HttpResponseMessage> SendWithTokenAsync(ApiHost host, string method, string path, string token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await host.Client.SendAsync(request);
    }

    private static async Task<HttpStatusCode> PostWithOriginAsync(ApiHost host, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/groups/orders:pause");
        request.Headers.Add("Origin", origin);
        return (await host.Client.SendAsync(request)).StatusCode;
    }
}
