using System.Globalization;
using Xunit.Abstractions;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>
/// Random histories of a cluster against a model. More of them: <c>ACTORDCP_HISTORY_SEEDS=1-200</c>, longer ones:
/// <c>ACTORDCP_HISTORY_STEPS=10000</c>.
/// </summary>
public sealed class ClusterHistoryTests(ITestOutputHelper output) : IDisposable
{
    private const int DefaultSteps = 250;
    private readonly string _directory = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_cluster_agrees_with_the_model_through_writes_moves_failovers_restarts_and_purges()
    {
        foreach (var seed in HistorySeeds.Chosen ?? [1, 2, 3, 4])
        {
            await using var history = new ClusterHistory(seed, Path.Combine(_directory, seed.ToString(CultureInfo.InvariantCulture)));
            await history.RunAsync(HistorySeeds.Steps ?? DefaultSteps);
            Assert.True(history.Counts["compared"] > 50, $"seed {seed}: only {history.Counts["compared"]} snapshots were compared");
            // what only a lost node could judge is the exception, else anything could be sent
            Assert.True(history.Counts["undecided"] <= 5 + history.Counts["compared"] / 100, $"seed {seed}: {history.Counts["undecided"]} streams were given up undecided");
            output.WriteLine($"seed {seed}: {string.Join(", ", history.Counts.OrderBy(count => count.Key).Select(count => $"{count.Value} {count.Key}"))}");
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    public async Task A_document_lost_at_a_takeover_turns_it_red(int seed)
    {
        await using var history = new ClusterHistory(seed, _directory, losesAtTakeover: true);
        var red = await Assert.ThrowsAsync<HistoryException>(() => history.RunAsync(DefaultSteps));
        Assert.Contains("reader", red.Message.Split('\n')[0], StringComparison.Ordinal);
        Assert.True(history.Counts["move"] > 0, "nothing was taken over");
    }
}
