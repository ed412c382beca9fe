using System.Globalization;

namespace ActorDcp.Producer.Tests.NodeHistories;

/// <summary>
/// Random histories of a node against a model. More of them: <c>ACTORDCP_HISTORY_SEEDS=1-200</c>, longer ones:
/// <c>ACTORDCP_HISTORY_STEPS=100000</c>.
/// </summary>
public sealed class NodeHistoryTests : IDisposable
{
    private const int DefaultSteps = 10_000;
    private readonly string _directory = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_node_agrees_with_the_model_through_writes_expiries_purges_failovers_restarts_and_crashes()
    {
        foreach (var seed in HistorySeeds.Chosen ?? [1])
        {
            await using var history = new NodeHistory(seed, Path.Combine(_directory, seed.ToString(CultureInfo.InvariantCulture)));
            await history.RunAsync(HistorySeeds.Steps ?? DefaultSteps);
        }
    }

    [Fact]
    public async Task A_change_lost_in_silence_turns_it_red()
    {
        await using var history = new NodeHistory(seed: 5, _directory, faultAt: 333);
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => history.RunAsync(1_000));
    }
}
