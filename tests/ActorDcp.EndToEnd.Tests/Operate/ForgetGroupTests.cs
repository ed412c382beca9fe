using System.Globalization;
using ActorDcp.Producer;
using Microsoft.Data.Sqlite;

namespace ActorDcp.EndToEnd.Tests.Operate;

/// <summary><c>checkpoint reset --database</c>: a stopped group is forgotten, its bucket's identity too.</summary>
public sealed class ForgetGroupTests
{
    private static readonly VBucketId VBucket = new(2);

    [Fact]
    public async Task A_group_whose_bucket_was_made_anew_starts_again_once_it_is_forgotten()
    {
        using var folder = new TestFolder();
        await using (var producer = await WithAsync("old-1", "old-2"))
        {
            await HandledAsync(producer, folder, "first.jsonl", "old-1", "old-2");
            Assert.Contains("saved a position less than 30 s ago: stop all its members", (await ResetAsync(folder, 1)).Error, StringComparison.Ordinal);
            await AgeAsync(folder);
            Assert.StartsWith("dry run, nothing was done: group test is forgotten", (await ResetAsync(folder, 0, "--dry-run")).Output, StringComparison.Ordinal);
            Assert.Contains($"bucket {producer.Bucket.Uuid}, 4 positions", (await ResetAsync(folder, 0)).Output, StringComparison.Ordinal);
            Assert.Contains("has no group test", (await ResetAsync(folder, 1)).Error, StringComparison.Ordinal);
            // of the same bucket all comes again: neither positions nor facts of before are in the way
            await HandledAsync(producer, folder, "second.jsonl", "old-1", "old-2");
        }
        await using var anew = await WithAsync("new-1");
        await using (var refused = ServeProcess.Start(anew.Endpoint.Port, folder))
        {
            Assert.NotEqual(0, await refused.WaitForExitAsync());
            Assert.Contains("actordcp checkpoint reset --group test --database", refused.Error, StringComparison.Ordinal);
        }
        await AgeAsync(folder);

        await ResetAsync(folder, 0);

        await HandledAsync(anew, folder, "third.jsonl", "new-1");
    }

    [Fact]
    public async Task A_member_that_runs_is_noticed_although_nothing_moves_and_it_saves_seldom()
    {
        using var folder = new TestFolder();
        await using var producer = await WithAsync("old-1");
        await using var member = ServeProcess.Start(
            producer.Endpoint.Port, folder, ("Checkpoint:Interval", "10m"), ("Checkpoint:MaxUncheckpointed", "20m"));
        await ServeProcess.PortAsync(member, "http");
        await Eventually.TrueAsync(() => File.Exists(folder.File("out.jsonl")) && File.ReadAllText(folder.File("out.jsonl")).Contains("old-1", StringComparison.Ordinal), () => member.Error);
        await AgeAsync(folder);

        var refusal = "";
        await Eventually.TrueAsync(
            async () => (refusal = (await HostProcess.RunAsync(Reset(folder, "--dry-run"))).Error).Contains("stop all its members", StringComparison.Ordinal),
            () => refusal);
        await ResetAsync(folder, 1);
    }

    [Fact]
    public async Task A_file_that_is_not_there_and_a_group_that_is_not_named_are_wrong_usage()
    {
        using var folder = new TestFolder();

        Assert.Contains("there is no file", (await ResetAsync(folder, 2)).Error, StringComparison.Ordinal);
        var unnamed = await HostProcess.RunAsync("checkpoint", "reset", "--database", "Data Source=x.db");
        Assert.Equal(2, unnamed.ExitCode);
        Assert.Contains("--group is missing", unnamed.Error, StringComparison.Ordinal);
    }

    private static async Task<EmbeddedProducer> WithAsync(params string[] keys)
    {
        var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        foreach (var key in keys)
            producer.Bucket.Set(VBucket, key, "{}"u8);
        return producer;
    }

    private static async Task HandledAsync(EmbeddedProducer producer, TestFolder folder, string file, params string[] keys)
    {
        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder, ("Handler:Path", folder.File(file)));
        List<string?> found = [];
        await Eventually.TrueAsync(
            () =>
            {
                found = File.Exists(folder.File(file))
                    ? [.. DeliveryLine.Read(folder.File(file)).Where(line => line.IsChange).Select(line => line.Key)]
                    : [];
                return found.SequenceEqual(keys);
            },
            () => $"{string.Join(", ", found)}; {member.Error}");
        await member.SignalAsync("TERM");
        Assert.Equal(0, await member.WaitForExitAsync());
    }

    private static async Task<HostResult> ResetAsync(TestFolder folder, int exitCode, params string[] options)
    {
        var result = await HostProcess.RunAsync(Reset(folder, options));
        Assert.True(result.ExitCode == exitCode, string.Create(CultureInfo.InvariantCulture, $"{result.ExitCode}: {result.Output}{result.Error}"));
        return result;
    }

    private static string[] Reset(TestFolder folder, params string[] options) =>
        ["checkpoint", "reset", "--group", "test", "--database", $"Data Source={folder.File("group.db")}", .. options];

    /// <summary>Makes all that was saved a minute older.</summary>
    private static async Task AgeAsync(TestFolder folder)
    {
        await using var connection = new SqliteConnection($"Data Source={folder.File("group.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE actordcp_offsets SET updated_at = updated_at - 60000000";
        await command.ExecuteNonQueryAsync();
    }
}
