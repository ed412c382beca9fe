using System.Globalization;
using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests.Campaign;

/// <summary>One run of a campaign, from a seed to a line and what is wrong.</summary>
internal static class CampaignRun
{
    /// <summary>What everybody feels is over so long after its cause is.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan MaxUncheckpointed = TimeSpan.FromSeconds(5);

    public static async Task<CampaignResult> RunAsync(int seed, TimeSpan duration, string database, int members = 3, int nodes = 2)
    {
        try
        {
            return await RunWholeAsync(seed, duration, database, members, nodes);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new CampaignResult($"seed {seed}, its members did not start or not end", [e.ToString()]);
        }
    }

    private static async Task<CampaignResult> RunWholeAsync(int seed, TimeSpan duration, string database, int members, int nodes)
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Database = database, Members = members, StartedMembers = members, Seeds = members, Nodes = nodes, Replicas = 1,
            Settings = [("Checkpoint:MaxUncheckpointed", $"{MaxUncheckpointed.TotalSeconds}s")],
        });
        var campaign = new FaultCampaign(cluster, PlannedFault.Plan(seed, duration));
        try
        {
            await campaign.RunAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new CampaignResult(Line(seed, duration, campaign, [], 0), [$"{e.GetType().Name}: {e.Message}", Keep(seed, cluster, campaign)]);
        }
        await cluster.Writer.StopAsync();
        IReadOnlyList<string> violations = [];
        List<DeliveryLine> lines = [];
        var clock = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
        {
            await timer.WaitForNextTickAsync();
            lines = cluster.Lines();
            violations = cluster.Verdict(lines, MaxUncheckpointed + TimeSpan.FromSeconds(60), rollbacks: true);
        }
        while (violations.Any(violation => violation.Contains("lost: ", StringComparison.Ordinal)) && TimeProvider.System.GetElapsedTime(clock) < TestCluster.Deadline);
        var lost = violations.Count(violation => violation.Contains("lost: ", StringComparison.Ordinal));
        if (violations.Count > 0)
            violations = [.. violations, .. Histories(violations, lines), Keep(seed, cluster, campaign)];
        return new CampaignResult(Line(seed, duration, campaign, lines, lost), violations);
    }

    /// <summary>What is needed to understand a run that failed: its faults and all members' logs.</summary>
    private static string Keep(int seed, TestCluster cluster, FaultCampaign campaign)
    {
        var folder = Directory.CreateTempSubdirectory(string.Create(CultureInfo.InvariantCulture, $"actordcp-campaign-{seed}-")).FullName;
        File.WriteAllLines(Path.Combine(folder, "faults.txt"), campaign.Journal);
        foreach (var member in cluster.All)
            File.WriteAllText(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"member-{member.Index}-{member.Id}.log")), member.Error);
        return $"faults and members' logs are kept in {folder}";
    }

    private static string Line(int seed, TimeSpan duration, FaultCampaign campaign, IReadOnlyList<DeliveryLine> lines, int lost)
    {
        var changes = lines.Where(line => line.IsChange).ToList();
        var distinct = changes.Select(line => (line.VBucket, line.Seqno, line.Key)).Distinct().Count();
        var (unmoved, takeover) = Pauses(changes, campaign.Troubles);
        var faults = string.Join(',', campaign.Done.OrderBy(done => done.Key).Select(done => $"{done.Key}:{done.Value}"));
        return string.Create(CultureInfo.InvariantCulture,
            $"seed {seed}, {duration.TotalSeconds:0} s, faults {campaign.Done.Values.Sum()} ({faults}), events {distinct}, redelivered {changes.Count - distinct}, lost {lost}, longest pause of an unmoved vbucket {unmoved:0.0} s, slowest takeover {takeover:0.0} s");
    }

    /// <summary>Longest silence of a vbucket under one owner, and between two, apart from the troubles that all feel.</summary>
    private static (double Unmoved, double TakeOver) Pauses(IEnumerable<DeliveryLine> changes, IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> troubles)
    {
        var (unmoved, takeover) = (0.0, 0.0);
        foreach (var vbucket in changes.GroupBy(line => line.VBucket))
        {
            DeliveryLine? last = null;
            foreach (var line in vbucket)
            {
                if (last is not null && !troubles.Any(trouble => trouble.From < line.At && trouble.To + Aftermath > last.At))
                {
                    var pause = (line.At - last.At).TotalSeconds;
                    if (last.Epoch == line.Epoch)
                        unmoved = Math.Max(unmoved, pause);
                    else
                        takeover = Math.Max(takeover, pause);
                }
                last = line;
            }
        }
        return (unmoved, takeover);
    }

    /// <summary>Who handled what of the vbuckets that something is wrong with: a line a run of one epoch.</summary>
    private static IEnumerable<string> Histories(IEnumerable<string> violations, IReadOnlyList<DeliveryLine> lines)
    {
        var vbuckets = violations.Select(violation => violation.Split(':')[0]).Distinct().Take(3).ToList();
        foreach (var name in vbuckets)
        {
            DeliveryLine? first = null, last = null;
            foreach (var line in lines.Where(line => $"vb {line.VBucket}" == name))
            {
                if (last is not null && (last.Epoch != line.Epoch || line.Back is not null || last.Back is not null || line.Seqno != last.Seqno + 1))
                {
                    yield return Run(name, first!, last);
                    first = null;
                }
                first ??= line;
                last = line;
            }
            if (last is not null)
                yield return Run(name, first!, last);
        }
    }

    private static string Run(string name, DeliveryLine first, DeliveryLine last) => first.Back is { } back
        ? $"  {name} epoch {first.Epoch} {first.Member} {first.At:HH:mm:ss.fff} rolled back from {back.From} to {back.To} ({back.Why})"
        : $"  {name} epoch {first.Epoch} {first.Member} {first.At:HH:mm:ss.fff}-{last.At:HH:mm:ss.fff} {first.Seqno}-{last.Seqno}";
}

/// <summary>The line of a run, and what is wrong; empty when nothing is.</summary>
internal sealed record CampaignResult(string Line, IReadOnlyList<string> Violations);
