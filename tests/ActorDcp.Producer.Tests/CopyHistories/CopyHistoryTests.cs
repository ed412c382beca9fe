using Xunit.Abstractions;

namespace ActorDcp.Producer.Tests.CopyHistories;

/// <summary>
/// Random histories of a vbucket and its replica against a model that shares nothing with them. More of them:
/// <c>ACTORDCP_HISTORY_SEEDS=1-200</c>, longer ones: <c>ACTORDCP_HISTORY_STEPS=100000</c>.
/// </summary>
public sealed class CopyHistoryTests(ITestOutputHelper output)
{
    private const int DefaultSteps = 1_000;

    [Fact]
    public void Whatever_happens_a_whole_snapshot_is_what_the_vbucket_was_at_its_end()
    {
        var steps = HistorySeeds.Steps ?? DefaultSteps;
        int seeds = 0, compared = 0, promotions = 0, crashes = 0, rollbacks = 0;
        foreach (var seed in HistorySeeds.Chosen ?? Enumerable.Range(1, 60))
        {
            var history = new CopyHistory(seed);
            try
            {
                for (var step = 0; step < steps; step++)
                    history.Step();
                history.Settle();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}: {history}", exception);
            }
            seeds++;
            compared += history.Compared;
            promotions += history.Promotions;
            crashes += history.Crashes;
            rollbacks += history.Rollbacks;
        }
        var happened = $"{seeds} seeds: {compared} snapshots, {promotions} promotions, {crashes} crashes, {rollbacks} rollbacks";
        output.WriteLine(happened);
        // so that a history in which nothing happens cannot pass
        Assert.True(compared > seeds * 50 && promotions > seeds / 2 && crashes > seeds / 2 && rollbacks > seeds / 2, happened);
    }
}
