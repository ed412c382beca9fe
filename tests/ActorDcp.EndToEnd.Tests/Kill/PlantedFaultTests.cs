using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Handlers.JsonLines;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Persistence;
using ActorDcp.Producer;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.EndToEnd.Tests.Kill;

/// <summary>
/// The checker of the kill test finds faults: the same runs with one fault planted are found guilty, and without it they are not.
/// </summary>
public sealed class PlantedFaultTests
{
    private const int VBuckets = 8;

    /// <summary>Until a member whose epochs another raised must be silent: an interval of 300 ms, its jitter, and the save on a busy machine.</summary>
    private static readonly TimeSpan Fence = TimeSpan.FromSeconds(2);

    /// <summary>How long both owners are given changes.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Without_a_fault_two_runs_one_after_the_other_are_found_innocent()
    {
        Assert.Empty(await TwoRunsAsync());
    }

    [Fact]
    public async Task A_dropped_event_is_found()
    {
        var violations = await TwoRunsAsync(drops: (vbucket, seqno) => vbucket.Value == 3 && seqno.Value == 17);

        Assert.Contains("vb 3: gap: 18 after 16 within epoch 1", violations);
        Assert.Contains("vb 3: lost: 1 changes never came, the first is seqno 17", violations);
        Assert.All(violations, violation => Assert.StartsWith("vb 3:", violation, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_checkpoint_one_too_early_is_found()
    {
        var violations = await TwoRunsAsync(store: inner => new OneTooFarStore(inner));

        Assert.Contains(violations, violation => violation.Contains("gap: epoch 2 begins with", StringComparison.Ordinal));
        Assert.Contains(violations, violation => violation.Contains("lost: 1 changes never came", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_position_with_a_wrong_vbuuid_is_found()
    {
        var violations = await TwoRunsAsync(store: inner => new WrongUuidStore(inner));

        Assert.Contains(violations, violation => violation.Contains("though the producer lost nothing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_the_fence_a_second_owner_silences_the_first()
    {
        Assert.Empty(await TwoOwnersAsync(inner => inner));
    }

    [Fact]
    public async Task A_missing_fence_is_found()
    {
        var violations = await TwoOwnersAsync(inner => new UnfencedStore(inner));

        Assert.Contains(violations, violation => violation.Contains("stale owner: epoch 1 of ", StringComparison.Ordinal));
    }

    /// <summary>Two members, one after the other, with changes before, between and during.</summary>
    private static async Task<IReadOnlyList<string>> TwoRunsAsync(
        Func<IOffsetStore, IOffsetStore>? store = null, Func<VBucketId, Seqno, bool>? drops = null)
    {
        using var folder = new TestFolder();
        using var files = new JsonLinesFiles();
        await using var producer = await StartProducerAsync();
        var lines = folder.File("out.jsonl");
        Write(producer, "before", 400);
        for (var run = 0; run < 2; run++)
        {
            await using (var member = await StartMemberAsync(producer, folder, files, new LineFaults(lines, drops), store))
            {
                Write(producer, $"during-{run}", 200);
                await member.CaughtUpAsync(producer);
            }
            if (run == 0)
                Write(producer, "between", 400);
        }
        return new DeliveryChecker().Check(Truth(producer), DeliveryLine.Read(lines));
    }

    /// <summary>Two members that do not know of each other: the second takes over what the first goes on to stream.</summary>
    private static async Task<IReadOnlyList<string>> TwoOwnersAsync(Func<IOffsetStore, IOffsetStore> store)
    {
        using var folder = new TestFolder();
        using var files = new JsonLinesFiles();
        await using var producer = await StartProducerAsync();
        var faults = new LineFaults(folder.File("{member}.jsonl"));
        Write(producer, "before", 400);
        await using var first = await StartMemberAsync(producer, folder, files, faults, store);
        await first.CaughtUpAsync(producer);
        await using var second = await StartMemberAsync(producer, folder, files, faults, store);
        // both could deliver for a while; should the first take its vbuckets back, it does so under a newer epoch
        var began = TimeProvider.System.GetTimestamp();
        var written = 0;
        await Eventually.TrueAsync(
            () =>
            {
                Write(producer, $"both-{written++}", 40);
                return TimeProvider.System.GetElapsedTime(began) > Together;
            },
            () => "");
        var truth = Truth(producer);
        var delivered = await ServeProcess.LinesUpToAsync(truth, [.. Directory.GetFiles(folder.Path, "*.jsonl")]);
        return new DeliveryChecker { RedeliverySpan = TimeSpan.FromSeconds(10), FenceSpan = Fence }.Check(truth, delivered);
    }

    private static Task<EmbeddedProducer> StartProducerAsync() =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = VBuckets, KeepHistory = true });

    private static Task<TestMember> StartMemberAsync(
        EmbeddedProducer producer, TestFolder folder, JsonLinesFiles files, LineFaults faults, Func<IOffsetStore, IOffsetStore>? store) =>
        TestMember.StartAsync(
            producer, folder.Path,
            builder =>
            {
                builder.Services.AddSingleton(files).AddSingleton(faults);
                builder.Services.AddSingleton<OffsetStoreFactory>(database =>
                {
                    var inner = new SqlOffsetStore(database);
                    return store?.Invoke(inner) ?? inner;
                });
                builder.AddHandler<LineWritingHandler>();
            },
            ("ActorDcp:Checkpoint:Interval", "300ms"));

    private static void Write(EmbeddedProducer producer, string name, int count)
    {
        for (var i = 0; i < count; i++)
            producer.Bucket.Set($"{name}-{i}", "{}");
    }

    private static Dictionary<int, IReadOnlyDictionary<ulong, string>> Truth(EmbeddedProducer producer) =>
        Enumerable.Range(0, VBuckets).ToDictionary(
            vbucket => vbucket,
            vbucket => (IReadOnlyDictionary<ulong, string>)producer.Bucket.History(VBucketId.From(vbucket))
                .ToDictionary(change => change.Seqno.Value, change => change.KeyText));
}
