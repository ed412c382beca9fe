using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Bench;

/// <summary>
/// CPU an event of a drain, a full member and a loop that only reads, each as the slope between few and many events, so that
/// start-up and compilation do not count. All take turns against the same producers, so that a noisy machine is noisy for all.
/// </summary>
internal static class CostBench
{
    public static async Task<IReadOnlyList<CostRow>> RunAsync(BenchArguments arguments, Terminal terminal, CancellationToken stopping)
    {
        var rows = new List<CostRow>();
        foreach (var vbuckets in arguments.VBuckets)
            foreach (var valueSize in arguments.ValueSizes)
                rows.AddRange(await RunAsync(arguments, vbuckets, valueSize, terminal, stopping).ConfigureAwait(false));
        return rows;
    }

    private static async Task<IEnumerable<CostRow>> RunAsync(BenchArguments arguments, int vbuckets, int valueSize, Terminal terminal, CancellationToken stopping)
    {
        var (fewEvents, manyEvents) = arguments.EventsOf(valueSize);
        terminal.Log($"{vbuckets} vbuckets: writing {fewEvents} and {manyEvents} events of {valueSize} B");
        var few = await Laboratory.OpenAsync(vbuckets, fewEvents, valueSize, stopping).ConfigureAwait(false);
        await using (few.ConfigureAwait(false))
        {
            var many = await Laboratory.OpenAsync(vbuckets, manyEvents, valueSize, stopping).ConfigureAwait(false);
            await using (many.ConfigureAwait(false))
            {
                var runs = arguments.Subjects.ToDictionary(subject => subject, _ => new List<(Measurement Few, Measurement Many)>());
                for (var run = 1; run <= arguments.Runs; run++)
                {
                    foreach (var subject in arguments.Subjects)
                    {
                        runs[subject].Add((await few.RunAsync(subject, stopping).ConfigureAwait(false), await many.RunAsync(subject, stopping).ConfigureAwait(false)));
                        terminal.Log($"{vbuckets} vbuckets, run {run} of {arguments.Runs}: {subject} done");
                    }
                }
                return CostRow.Of(vbuckets, valueSize, fewEvents, manyEvents - fewEvents, runs);
            }
        }
    }
}
