namespace ActorDcp.Benchmarks.Cost;

/// <summary>
/// CPU an event of a drain, a full member and a loop that only reads, each as the slope between few and many events, so that
/// start-up and compilation do not count. All take turns against the same producers, so that a noisy machine is noisy for all.
/// </summary>
internal static class CostBenchmark
{
    public static async Task<int> RunAsync(CostArguments arguments)
    {
        var host = arguments.Host ?? HostProgram.Find();
        var rows = new List<CostRow>();
        foreach (var vbuckets in arguments.VBuckets)
        {
            await using var few = await Laboratory.OpenAsync(host, vbuckets, arguments.FewEvents);
            await using var many = await Laboratory.OpenAsync(host, vbuckets, arguments.ManyEvents);
            var runs = arguments.Subjects.ToDictionary(subject => subject, _ => new List<(Measurement Few, Measurement Many)>());
            for (var run = 0; run < arguments.Runs; run++)
            {
                foreach (var subject in arguments.Subjects)
                {
                    runs[subject].Add((await few.RunAsync(subject), await many.RunAsync(subject)));
                    await Console.Error.WriteLineAsync($"{vbuckets} vbuckets, run {run + 1}: {subject} done");
                }
            }
            rows.AddRange(CostRow.Of(vbuckets, arguments.FewEvents, arguments.ManyEvents - arguments.FewEvents, runs));
        }
        CostReport.Print(arguments, rows);
        return 0;
    }
}
