using ActorDcp.Cluster.Tests.Campaign;
using Xunit.Abstractions;

namespace ActorDcp.Cluster.Tests;

/// <summary>A short campaign of faults; the long one is a command.</summary>
public sealed class CampaignTests(PostgresServer postgres, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Random_faults_that_overlap_lose_nothing()
    {
        var result = await CampaignRun.RunAsync(seed: 5, TimeSpan.FromSeconds(40), await postgres.CreateDatabaseAsync());

        output.WriteLine(result.Line);
        Assert.True(result.Violations.Count == 0, string.Join(Environment.NewLine, [result.Line, .. result.Violations]));
    }

    [Fact]
    public void A_plan_follows_from_its_seed_and_has_every_kind_before_any_comes_again()
    {
        var plan = PlannedFault.Plan(7, TimeSpan.FromMinutes(10));

        Assert.Equal(plan, PlannedFault.Plan(7, TimeSpan.FromMinutes(10)));
        Assert.NotEqual(plan, PlannedFault.Plan(8, TimeSpan.FromMinutes(10)));
        var kinds = Enum.GetValues<FaultKind>().Length;
        Assert.Distinct(plan.Take(kinds).Select(fault => fault.Kind));
        Assert.True(kinds >= 10);
    }
}
