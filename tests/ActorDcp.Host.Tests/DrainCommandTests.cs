using System.Text.Json;

namespace ActorDcp.Host.Tests;

/// <summary>The verbs <c>producer</c> and <c>drain</c> as real processes.</summary>
public sealed class DrainCommandTests
{
    [Theory]
    [InlineData("drain --user u --password p --until yesterday", "--until \"yesterday\"")]
    [InlineData("drain --user u --password p --until count:0", "write count:1000")]
    [InlineData("drain --user u --password p --from /nowhere", "beginning, now or the path")]
    [InlineData("drain --user u --password p --vbuckets 5-3", "such as 0-63,70")]
    [InlineData("drain --user u --password p --buffer much", "such as 20MiB")]
    [InlineData("drain --user u --password p --format xml", "jsonl, count, none")]
    [InlineData("drain --user u --password p --connection http://x", "couchbase://host")]
    [InlineData("drain --user u --password p --ca /nowhere", "--tls")]
    [InlineData("drain --user u --password p --scope a --collections 8", "keep one of them")]
    [InlineData("drain --user u", "ACTORDCP_PASSWORD")]
    [InlineData("drain --password p", "--user is missing")]
    [InlineData("drain --untill now", "did you mean --until?")]
    [InlineData("producer --vbuckets 2000", "from 1 to 1024")]
    [InlineData("producer --host 0.0.0.0 --port 0", "Password")]
    [InlineData("producer --tls-cert a.pem --port 0", "--tls-key")]
    [InlineData("producer --https 0 --port 0", "--https 0 needs a certificate")]
    public async Task Wrong_usage_is_2_and_says_what_to_write(string arguments, string words)
    {
        var result = await HostProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_one_line_and_1()
    {
        var result = await HostProcess.RunAsync("drain", "--connection", "couchbase://127.0.0.1:1", "--user", "u", "--password", "p");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no data node can be reached at 127.0.0.1:1", Assert.Single(result.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_producer_is_drained_and_stops_cleanly()
    {
        await using var producer = HostProcess.Start(["producer", "--port", "0", "--vbuckets", "8", "--load", "500", "--value-size", "100"]);
        using var ready = JsonDocument.Parse(await producer.FirstLineAsync());
        Assert.True(ready.RootElement.GetProperty("ready").GetBoolean());
        var connection = $"couchbase://127.0.0.1:{ready.RootElement.GetProperty("ports").GetProperty("kv")[0].GetInt32()}";

        var lines = await HostProcess.RunAsync("drain", "--connection", connection, "--user", "Administrator", "--password", "password", "--values");
        var count = await HostProcess.RunAsync("drain", "--connection", connection, "--user", "Administrator", "--password", "password", "--format", "count");
        var wrong = await HostProcess.RunAsync("drain", "--connection", connection, "--user", "Administrator", "--password", "not-it");
        var unknown = await HostProcess.RunAsync("drain", "--connection", connection, "--user", "Administrator", "--password", "password", "--bucket", "nope");
        await producer.SignalAsync("TERM");

        Assert.Equal(0, lines.ExitCode);
        Assert.Empty(lines.Error);
        Assert.Equal(500, lines.Output.Split('\n').Count(line => line.Contains("\"type\":\"mutation\"", StringComparison.Ordinal)));
        Assert.Contains("\"value\":{\"n\":\"0000000042\",", lines.Output, StringComparison.Ordinal);
        using var summary = JsonDocument.Parse(count.Output);
        Assert.Equal(500, summary.RootElement.GetProperty("items").GetInt64());
        Assert.Equal(
            ["items", "bytes", "seconds", "items_per_second", "cpu_seconds", "cpu_us_per_item", "peak_rss_bytes", "start_cpu_seconds"],
            summary.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("Administrator", Assert.Single(wrong.Error.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("not-it", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("nope", Assert.Single(unknown.Error.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(0, await producer.WaitForExitAsync());
    }
}
