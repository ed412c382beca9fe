using System.Diagnostics;
using Xunit.Abstractions;

namespace ActorDcp.EndToEnd.Tests.Kill;

/// <summary>A member that is killed again and again loses nothing and repeats little.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 20;
    private const int Seed = 20240607;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>The interval's jitter of a tenth, and what saving takes while all processes share a few cores.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(1200);

    [Fact]
    public async Task A_member_killed_twenty_times_under_writes_loses_nothing_and_repeats_at_most_a_checkpoint_interval()
    {
        using var folder = new TestFolder();
        await using var producer = HostProcess.Start(["producer", "--port", "0", "--vbuckets", "16", "--rate", "400", "--value-size", "64"]);
        var port = await ServeProcess.PortAsync(producer, "kv");
        var lines = folder.File("out.jsonl");
        var random = new Random(Seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var member = ServeProcess.Start(port, folder, ("Checkpoint:Interval", "300ms"));
            await KillMomentAsync(member, lines, inStartUp: kill % 7 == 3, random);
            await member.KillAsync();
        }

        List<DeliveryLine> delivered;
        IReadOnlyDictionary<int, IReadOnlyDictionary<ulong, string>> truth;
        await using (ServeProcess.Start(port, folder, ("Checkpoint:Interval", "300ms")))
        {
            truth = await ServeProcess.TruthAsync(port);
            delivered = await ServeProcess.LinesUpToAsync(truth, lines);
        }

        var changes = delivered.Count(line => line.IsChange);
        var distinct = delivered.Where(line => line.IsChange).Select(line => (line.VBucket, line.Seqno)).Distinct().Count();
        output.WriteLine($"{truth.Sum(vbucket => vbucket.Value.Count)} changes, {distinct} delivered, {changes - distinct} of them again; {delivered.Max(line => line.Epoch)} epochs");
        Assert.Empty(new DeliveryChecker { RedeliverySpan = Interval + Slack }.Check(truth, delivered));
        Assert.True(changes > distinct, "no kill hit between handling and checkpoint: the test shows nothing");
        Assert.True(delivered.Max(line => line.Epoch) > Kills / 2, "the kills came before the member ever delivered");
    }

    /// <summary>A random moment: of the start, or of the first seconds of delivery, which begin with the backlog of the absence.</summary>
    private static async Task KillMomentAsync(HostProcess member, string lines, bool inStartUp, Random random)
    {
        var clock = Stopwatch.StartNew();
        var before = Length(lines);
        if (inStartUp)
        {
            var moment = TimeSpan.FromMilliseconds(random.Next(200, 4_000));
            await Eventually.TrueAsync(() => clock.Elapsed > moment, () => member.Error);
            return;
        }
        await Eventually.TrueAsync(() => Length(lines) > before, () => member.Error, every: TimeSpan.FromMilliseconds(10));
        clock.Restart();
        var after = TimeSpan.FromMilliseconds(random.Next(0, 1_500));
        await Eventually.TrueAsync(() => clock.Elapsed > after, () => member.Error, every: TimeSpan.FromMilliseconds(10));
    }

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;
}
