using System.Text.Json;

namespace ActorDcp.Host.Tests;

/// <summary><c>producer ctl</c> against a running producer.</summary>
public sealed class ProducerControlTests
{
    [Fact]
    public async Task Nodes_are_stopped_failed_over_and_added_and_faults_set_by_hand()
    {
        await using var producer = HostProcess.Start(["producer", "--port", "0", "--http", "0", "--vbuckets", "4", "--nodes", "2", "--replicas", "1", "--load", "40"]);
        using var ready = JsonDocument.Parse(await producer.FirstLineAsync());
        string[] where = ["--url", $"http://127.0.0.1:{ready.RootElement.GetProperty("ports").GetProperty("http").GetInt32()}", "--json"];

        var fed = await AskAsync("wait-for-replicas");
        var moved = await AskAsync("move", "--vbucket", "0", "--to", "1");
        var cut = await AskAsync("cut", "--after-bytes", "100", "--count", "3");
        var failedOver = await AskAsync("fail-over", "--node", "1");
        var added = await AskAsync("add-node");
        var table = await HostProcess.RunAsync("producer", "ctl", "vbuckets", where[0], where[1]);
        var stopped = await AskAsync("stop-node", "--node", "0");

        Assert.Equal([2, 2], Numbers(fed, "replicas"));
        Assert.Equal([1, 3], Numbers(moved, "active"));
        Assert.Equal(3, cut.GetProperty("cuts_left").GetInt32());
        Assert.Equal([4], Numbers(failedOver, "active"));
        Assert.Equal([4, 0], Numbers(added, "active"));
        Assert.False(stopped[0].GetProperty("running").GetBoolean());
        Assert.Equal(0, table.ExitCode);
        Assert.Contains("vbuuid", table.Output, StringComparison.Ordinal);

        async Task<JsonElement> AskAsync(params string[] action)
        {
            var result = await HostProcess.RunAsync(["producer", "ctl", .. action, .. where]);
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            return JsonSerializer.Deserialize<JsonElement>(result.Output);
        }
    }

    [Theory]
    [InlineData("producer ctl", 2, "an action is missing: write one of nodes, add-node")]
    [InlineData("producer ctl stal", 2, "\"stal\" is not an action of ctl: did you mean stall?")]
    [InlineData("producer ctl move --to 1", 2, "--vbucket is missing")]
    [InlineData("producer ctl cut --after-bytes few", 2, "--after-bytes \"few\" is not in range")]
    [InlineData("producer ctl nodes --url nowhere", 2, "write http://HOST:PORT")]
    [InlineData("producer ctl nodes --url http://127.0.0.1:1", 1, "no producer can be reached at http://127.0.0.1:1/")]
    public async Task What_cannot_be_done_is_one_line_with_the_mend(string arguments, int code, string words)
    {
        var result = await HostProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(code, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(words, result.Error.Split('\n')[0], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ctl", "nodes --url http://127.0.0.1:8091")]
    [InlineData("ctl cut", "--after-bytes 10000 --count 2")]
    public async Task Help_shows_an_example(string verb, string example)
    {
        var result = await HostProcess.RunAsync(["producer", .. verb.Split(' '), "--help"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"Example:{Environment.NewLine}  actordcp producer {verb} {example}", result.Output, StringComparison.Ordinal);
    }

    private static List<int> Numbers(JsonElement nodes, string name) => [.. nodes.EnumerateArray().Select(node => node.GetProperty(name).GetInt32())];
}
