namespace ActorDcp.Producer.Tests.CopyHistories;

/// <summary>Random histories of a vbucket and its replica against a model that shares nothing with them.</summary>
public sealed class CopyHistoryTests
{
    private const int Seeds = 60;

    [Fact]
    public void Whatever_happens_a_whole_snapshot_is_what_the_vbucket_was_at_its_end()
    {
        int compared = 0, promotions = 0, crashes = 0, rollbacks = 0;
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var history = new CopyHistory(seed);
            try
            {
                for (var step = 0; step < 1_000; step++)
                    history.Step();
                history.Settle();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}: {history}", exception);
            }
            compared += history.Compared;
            promotions += history.Promotions;
            crashes += history.Crashes;
            rollbacks += history.Rollbacks;
        }
        // so that a history in which nothing happens cannot pass
        Assert.True(compared > Seeds * 50 && promotions > Seeds / 2 && crashes > Seeds / 2 && rollbacks > Seeds / 2,
            $"{compared} snapshots, {promotions} promotions, {crashes} crashes, {rollbacks} rollbacks");
    }
}
