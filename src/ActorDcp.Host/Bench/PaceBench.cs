using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Bench;

/// <summary>
/// CPU of a loop that only reads and of a full member while the producer writes so many documents a second, which both can follow:
/// what a member costs that is mostly idle. Each is looked at from outside, after it has caught up and compiled.
/// </summary>
internal static class PaceBench
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static async Task<IReadOnlyList<PaceRow>> RunAsync(BenchArguments arguments, Terminal terminal, CancellationToken stopping)
    {
        var rows = new List<PaceRow>();
        foreach (var vbuckets in arguments.VBuckets)
        {
            var producer = await BenchProducer.StartWritingAsync(Deadline, vbuckets, arguments, stopping).ConfigureAwait(false);
            await using (producer.ConfigureAwait(false))
            {
                var reader = new List<double>();
                var member = new List<double>();
                var events = new List<double>();
                for (var run = 1; run <= arguments.Runs; run++)
                {
                    reader.Add(await Laboratory.WithinAsync(Deadline, deadline => ReadAsync(arguments, producer.Port, vbuckets, deadline), "the reader did not end", stopping).ConfigureAwait(false));
                    var (cpu, handled) = await Laboratory.WithinAsync(Deadline, deadline => BenchMember.FollowAsync(producer.Port, arguments.Warm, arguments.Watched, deadline), "the member did not follow", stopping).ConfigureAwait(false);
                    member.Add(cpu);
                    events.Add(handled);
                    terminal.Log($"{vbuckets} vbuckets at {arguments.Pace} a second, run {run} of {arguments.Runs}: done");
                }
                rows.Add(new PaceRow(
                    vbuckets, arguments.Pace, Spread.Of(events), Spread.Of(reader), Spread.Of(member), Spread.Of(member.Zip(reader, (mine, theirs) => mine / theirs))));
            }
        }
        return rows;
    }

    private static async Task<double> ReadAsync(BenchArguments arguments, int port, int vbuckets, CancellationToken deadline)
    {
        var reader = HostProgram.Start(BenchReaderVerb.VerbName, "--port", Laboratory.Text(port), "--vbuckets", Laboratory.Text(vbuckets));
        await using (reader.ConfigureAwait(false))
        {
            await Task.Delay(arguments.Warm, deadline).ConfigureAwait(false);
            var (cpu, at) = (reader.CpuSeconds, reader.Running.Elapsed);
            await Task.Delay(arguments.Watched, deadline).ConfigureAwait(false);
            return (reader.CpuSeconds - cpu) / (reader.Running.Elapsed - at).TotalSeconds;
        }
    }
}
