using System.Globalization;
using ActorDcp.EndToEnd.Tests.Kill;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests.Operate;

/// <summary>The operating verbs against a member that runs, each as a process.</summary>
public sealed class OperatingTests
{
    [Fact]
    public async Task An_operator_pauses_rewinds_resumes_and_reads_the_history_of_a_vbucket()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        foreach (var number in Enumerable.Range(0, 3))
            producer.Bucket.Set(new VBucketId(2), string.Create(CultureInfo.InvariantCulture, $"k{number}"), "{}"u8);
        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder);
        var port = await ServeProcess.PortAsync(member, "http");
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        await LinesOfVBucketAsync(folder, 3);

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
