using System.Diagnostics;

namespace ActorDcp.EndToEnd.Tests.Kill;

/// <summary>A member that is told to stop leaves nothing to repeat.</summary>
public sealed class GracefulStopTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_member_told_to_stop_under_writes_ends_in_time_and_its_successor_repeats_nothing()
    {
        using var folder = new TestFolder();
        await using var producer = HostProcess.Start(["producer", "--port", "0", "--vbuckets", "16", "--rate", "400", "--value-size", "64"]);
        var port = await ServeProcess.PortAsync(producer, "kv");
        var lines = folder.File("out.jsonl");
        for (var round = 0; round < 2; round++)
        {
            // a checkpoint by itself is far away: what the stop does not save comes again
            await using var member = ServeProcess.Start(port, folder, ("Checkpoint:Interval", "50s"));
            var before = File.Exists(lines) ? new FileInfo(lines).Length : 0;
            await ServeProcess.PortAsync(member, "http");
            await Eventually.TrueAsync(() => File.Exists(lines) && new FileInfo(lines).Length > before + 200_000, () => member.Error);

            var clock = Stopwatch.StartNew();
            await member.SignalAsync("TERM");
            var code = await member.WaitForExitAsync();

            Assert.True(code == 0, $"exit code {code}: {member.Error}");
            Assert.True(clock.Elapsed < Limit, $"the stop took {clock.Elapsed}: {member.Error}");
        }
        await using var last = ServeProcess.Start(port, folder, ("Checkpoint:Interval", "50s"));
        var truth = await ServeProcess.TruthAsync(port);
        var delivered = await ServeProcess.LinesUpToAsync(truth, lines);

        Assert.Empty(new DeliveryChecker { RedeliverySpan = null }.Check(truth, delivered));
        Assert.Equal(3, delivered.Max(line => line.Epoch));
    }
}
