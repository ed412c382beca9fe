using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ActorDcp.EndToEnd.Tests.Kill;
using ActorDcp.Hosting.Offsets;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests.Operate;

/// <summary>The operating verbs against a member that runs, each as a process.</summary>
public sealed class OperatingTests
{
    [Fact]
    public async Task An_operator_pauses_rewinds_resumes_and_reads_the_history_of_a_vbucket()
    {
        using var folder = new TestFolder();
        await using var producer = await ThreeChangesAsync();
        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder);
        var url = await HandledAsync(member, folder);

        Assert.Equal("pause of 1 vbucket", await OutputAsync("pause", url, "--vbucket", "2"));
        Assert.Equal(
            "dry run, nothing was done: rewind of 1 vbucket; at most 3 changes are delivered again",
            await OutputAsync("rewind", url, "--vbucket", "2", "--to", "beginning", "--dry-run"));
        Assert.Equal(
            """{"operation":"rewind","vbuckets":1,"redelivered":3,"dry_run":false}""",
            await OutputAsync("rewind", url, "--vbucket", "2", "--to", "beginning", "--json"));
        await ResumedAsync(url);

        var lines = await LinesOfVBucketAsync(folder, 6);
        Assert.Equal([1UL, 2UL, 3UL, 1UL, 2UL, 3UL], lines.Select(line => line.Seqno));
        var history = await OutputAsync("history", url, "--vbucket", "2");
        foreach (var fact in (string[])["ownership_taken", "stream_opened", "paused", "rolled_back", "rollback_acknowledged", "resumed"])
            Assert.Contains($"  {fact}: ", history, StringComparison.Ordinal);

        var refused = await HostProcess.RunAsync("resume", "--url", url, "--vbucket", "2");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the vbucket is not paused", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Positions_are_exported_reset_and_imported_while_the_group_is_paused()
    {
        using var folder = new TestFolder();
        await using var producer = await ThreeChangesAsync();
        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder);
        var url = await HandledAsync(member, folder);
        var file = folder.File("offsets.json");

        var refused = await HostProcess.RunAsync("checkpoint", "reset", "--url", url);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("is not paused: pause the group first", refused.Error, StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => (await HostProcess.RunAsync("pause", "--url", url)).ExitCode == 0, () => "not paused");
        await CheckpointAsync("export", url, "--out", file);
        Assert.Equal(3UL, OffsetsFile.Read(file).Offsets[new VBucketId(2)].Seqno.Value);

        Assert.Equal("dry run, nothing was done: reset of 4 vbuckets; at most 3 changes are delivered again", await CheckpointAsync("reset", url, "--dry-run"));
        Assert.Equal("reset of 4 vbuckets; at most 3 changes are delivered again", await CheckpointAsync("reset", url));
        // while the handler is told of it the vbucket is on the move
        await Eventually.TrueAsync(
            async () => (await HostProcess.RunAsync("checkpoint", "import", "--url", url, "--from", file)).ExitCode == 0, () => "not imported");
        producer.Bucket.Set(new VBucketId(2), "k3", "{}"u8);
        await Eventually.TrueAsync(async () => (await HostProcess.RunAsync("resume", "--url", url)).ExitCode == 0, () => "not resumed");

        var lines = await LinesOfVBucketAsync(folder, 4);
        Assert.Equal([1UL, 2UL, 3UL, 4UL], lines.Select(line => line.Seqno));
    }

    [Fact]
    public async Task Top_shows_first_the_vbucket_that_does_not_stream()
    {
        using var folder = new TestFolder();
        await using var producer = await ThreeChangesAsync();
        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder);
        var url = await HandledAsync(member, folder);
        await OutputAsync("pause", url, "--vbucket", "2");

        var looks = (await OutputAsync("top", url, "--json", "--looks", "2", "--interval", "1", "--rows", "1")).Split('\n');
        Assert.Equal(2, looks.Length);
        using var look = JsonDocument.Parse(looks[1]);
        var row = Assert.Single(look.RootElement.GetProperty("vbuckets").EnumerateArray());
        Assert.Equal(2, row.GetProperty("vb").GetInt32());
        Assert.Equal("Paused", row.GetProperty("state").GetString());
        Assert.Equal(4, look.RootElement.GetProperty("members")[0].GetProperty("vbuckets").GetInt32());

        var tables = await OutputAsync("top", url, "--looks", "1");
        Assert.Contains("group test on bucket default", tables, StringComparison.Ordinal);
        Assert.Matches("2 +[^ ]+ +Paused", tables);
    }

    [Fact]
    public async Task Status_and_top_show_what_last_went_wrong_with_each_data_node()
    {
        using var folder = new TestFolder();
        await using var producer = await ThreeChangesAsync();
        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder);
        var url = await HandledAsync(member, folder);
        var line = string.Create(CultureInfo.InvariantCulture, $@"127\.0\.0\.1:{producer.Endpoint.Port} +1 .*\d\d:\d\d:\d\dZ .*the connection");
        Assert.DoesNotMatch(line, await OutputAsync("status", url));

        producer.DropConnections();

        var tables = "";
        await Eventually.TrueAsync(
            async () => Regex.IsMatch(tables = await OutputAsync("status", url), line), () => tables);
        Assert.Matches(line, await OutputAsync("top", url, "--looks", "1"));
    }

    private static async Task<EmbeddedProducer> ThreeChangesAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        foreach (var number in Enumerable.Range(0, 3))
            producer.Bucket.Set(new VBucketId(2), string.Create(CultureInfo.InvariantCulture, $"k{number}"), "{}"u8);
        return producer;
    }

    /// <summary>Waits until the changes are handled; where the member answers.</summary>
    private static async Task<string> HandledAsync(HostProcess member, TestFolder folder)
    {
        var port = await ServeProcess.PortAsync(member, "http");
        await LinesOfVBucketAsync(folder, 3);
        return string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
    }

    private static async Task<string> CheckpointAsync(string action, string url, params string[] options)
    {
        var result = await HostProcess.RunAsync(["checkpoint", action, "--url", url, .. options]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output.Trim();
    }

    /// <summary>The rewind was accepted when it was durable; its handler may still be hearing of it.</summary>
    private static Task ResumedAsync(string url) => Eventually.TrueAsync(
        async () => (await HostProcess.RunAsync("resume", "--url", url, "--vbucket", "2")).ExitCode == 0, () => "not resumed");

    private static async Task<string> OutputAsync(string verb, string url, params string[] options)
    {
        var result = await HostProcess.RunAsync([verb, "--url", url, .. options]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output.Trim();
    }

    private static async Task<List<DeliveryLine>> LinesOfVBucketAsync(TestFolder folder, int count)
    {
        List<DeliveryLine> lines = [];
        await Eventually.TrueAsync(
            () =>
            {
                lines = File.Exists(folder.File("out.jsonl"))
                    ? [.. DeliveryLine.Read(folder.File("out.jsonl")).Where(line => line is { VBucket: 2, IsChange: true })]
                    : [];
                return lines.Count >= count;
            },
            () => $"{lines.Count} of {count} lines");
        return lines;
    }
}
