using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Tests.Http;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Faults;

/// <summary>Faults and changes by hand, over HTTP.</summary>
public sealed class ControlApiTests : IAsyncLifetime
{
    private EmbeddedProducer _producer = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4, HttpPort = 0, KeepHistory = true });
        _http = BootstrapOverHttpTests.ClientOf(_producer, "Administrator", EmbeddedProducerOptions.DefaultPassword);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _producer.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_say_where_they_are_and_what_is_wrong_with_them()
    {
        _producer.Nodes[0].Faults.StallDelivery();

        var node = Assert.Single((await AskAsync(HttpMethod.Get, "nodes")).EnumerateArray());

        Assert.Equal(_producer.Endpoint.Port, node.GetProperty("kv").GetInt32());
        Assert.Equal(4, node.GetProperty("active").GetInt32());
        Assert.True(node.GetProperty("running").GetBoolean());
        Assert.True(node.GetProperty("faults").GetProperty("stalled").GetBoolean());
    }

    [Fact]
    public async Task A_node_that_is_asked_to_stop_itself_answers_and_stops()
    {
        await using var client = await RawClient.LoginAsync(_producer);

        var node = Assert.Single((await AskAsync(HttpMethod.Post, "nodes/0/stop", "{}")).EnumerateArray());
        await client.WaitForCloseAsync();
        await Wait.UntilAsync(() => !_producer.Nodes[0].IsRunning);

        Assert.False(node.GetProperty("running").GetBoolean());
        await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(new Uri("/pools", UriKind.Relative)));
        await _producer.StartNodeAsync(0);
        Assert.True((await AskAsync(HttpMethod.Get, "nodes"))[0].GetProperty("running").GetBoolean());
    }

    [Theory]
    [InlineData("TemporaryFailure", Status.TemporaryFailure)]
    [InlineData("0x86", Status.TemporaryFailure)]
    [InlineData("9", Status.Locked)]
    public async Task The_next_requests_are_answered_with_any_status(string text, Status status)
    {
        await using var client = await RawClient.LoginAsync(_producer);

        await AskAsync(HttpMethod.Post, "nodes/0/faults/answer", $$"""{"status":"{{text}}","count":2,"opcode":"Set"}""");

        Assert.Equal(status, (await client.SetAsync(0, "k", "v")).Status);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Get, key: "\0k"u8.ToArray())).Status);
        Assert.Equal(status, (await client.SetAsync(0, "k", "v")).Status);
        Assert.Equal(Status.Success, (await client.SetAsync(0, "k", "v")).Status);
    }

    [Theory]
    [InlineData("stall", "", "stalled", "True")]
    [InlineData("cut", """{"after_bytes":10,"connections":3}""", "cuts_left", "3")]
    [InlineData("noops", """{"delay_ms":1500}""", "noop_delay_ms", "1500")]
    [InlineData("noops", """{"drop":true}""", "noops_dropped", "True")]
    [InlineData("die-after-marker", """{"vbucket":2}""", "dies_after_marker", "True")]
    [InlineData("answer", """{"status":134,"count":7}""", "answers_left", "7")]
    public async Task A_fault_is_in_force_until_all_are_ended(string fault, string body, string field, string value)
    {
        Assert.Equal(value, (await AskAsync(HttpMethod.Post, $"nodes/0/faults/{fault}", body)).GetProperty(field).ToString());

        await AskAsync(HttpMethod.Delete, "nodes/0/faults");

        Assert.Equal(new Producer.Faults.NodeFaultsReport(), _producer.Nodes[0].Faults.Report);
    }

    [Fact]
    public async Task A_connection_is_dropped()
    {
        await using var client = await RawClient.LoginAsync(_producer);

        await AskAsync(HttpMethod.Post, "nodes/0/faults/drop-connections");

        await client.WaitForCloseAsync();
    }

    [Fact]
    public async Task A_vbucket_loses_its_newest_changes_and_its_tombstones()
    {
        var vbucket = new VBucketId(1);
        for (var i = 0; i < 10; i++)
            _producer.Bucket.Set(vbucket, $"k{i}", "v"u8);
        _producer.Bucket.Delete(vbucket, "k3");
        _producer.Bucket.Set(vbucket, "k10", "v"u8);

        var purged = await AskAsync(HttpMethod.Post, "vbuckets/1/purge", """{"through":11}""");
        var lost = await AskAsync(HttpMethod.Post, "vbuckets/1/lose", """{"count":1}""");

        Assert.Equal(11, purged.GetProperty("purge").GetInt32());
        Assert.Equal(11, lost.GetProperty("high").GetInt32());
        Assert.Equal(2, _producer.Bucket.FailoverLog(vbucket).Entries.Length);
        Assert.Equal(lost.GetProperty("high").GetRawText(), (await AskAsync(HttpMethod.Get, "vbuckets")).EnumerateArray().ElementAt(1).GetProperty("high").GetRawText());
    }

    [Fact]
    public async Task A_vbuckets_state_can_be_set()
    {
        await AskAsync(HttpMethod.Post, "vbuckets/2/state", """{"state":"dead"}""");

        Assert.Equal(VBucketState.Dead, _producer.Nodes[0].StateOf(new VBucketId(2)));
    }

    [Theory]
    [InlineData("nodes/7/faults/stall", "", 404, "there is no node 7", "the nodes are 0")]
    [InlineData("nodes/0/faults/cut", "", 400, "after_bytes is missing", "give a whole number from 0")]
    [InlineData("nodes/0/faults/cut", """{"after_bytes":-1}""", 400, "after_bytes is -1", "give a whole number from 0")]
    [InlineData("nodes/0/faults/cut", """{"after_bytes":1,"conections":2}""", 400, "conections is not known here", "this call takes after_bytes, connections")]
    [InlineData("nodes/0/faults/cut", "{", 400, "the body is no JSON", "send a JSON object")]
    [InlineData("nodes/0/faults/cut", "[]", 400, "the body is no object", "send a JSON object")]
    [InlineData("nodes/0/faults/answer", """{"status":"Sad"}""", 400, "status is Sad", "TemporaryFailure")]
    [InlineData("nodes/0/faults/slow-disk", """{"delay_ms":5}""", 409, "keeps nothing on disk", "see GET")]
    [InlineData("vbuckets/4/lose", """{"count":1}""", 404, "there is no vbucket 4", "the last is 3")]
    [InlineData("vbuckets/0/state", """{"state":"sleepy"}""", 400, "state is sleepy", "active")]
    public async Task What_cannot_be_done_is_refused_with_the_mend(string path, string body, int status, string error, string mend)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, body);

        Assert.Equal(status, (int)answer.StatusCode);
        using var told = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Contains(error, told.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains(mend, told.RootElement.GetProperty("mend").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_without_the_password_controls_anything()
    {
        using var http = BootstrapOverHttpTests.ClientOf(_producer, "Administrator", "wrong");

        using var answer = await http.PostAsync(new Uri("/control/v1/nodes/0/faults/stall", UriKind.Relative), null);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.False(_producer.Nodes[0].Faults.Report.IsStalled);
    }

    private async Task<JsonElement> AskAsync(HttpMethod method, string path, string body = "")
    {
        using var answer = await SendAsync(method, path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body)
    {
        var request = new HttpRequestMessage(method, new Uri($"/control/v1/{path}", UriKind.Relative));
        if (body.Length > 0)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return _http.SendAsync(request);
    }
}
