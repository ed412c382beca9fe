using System.Globalization;
using ActorDcp.Host.Bench;

namespace ActorDcp.Benchmarks.Producer;

/// <summary>
/// How fast the embedded producer serves from memory, beside a loop that writes the same bytes from a prepared buffer to the same
/// reader, and how fast it takes documents. All in one run; writer and reader are processes of their own.
/// </summary>
internal static class ProducerBenchmark
{
    private const int DocumentsToLoad = 1_000_000;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);
    private static readonly int[] VBuckets = [64, 1_024];

    public static async Task<int> RunAsync(int events, int runs)
    {
        foreach (var vbuckets in VBuckets)
        {
            using var deadline = new CancellationTokenSource(Deadline);
            await using var producer = await BenchProducer.StartAsync(Deadline, vbuckets, ["--load", Text(events)], deadline.Token);
            await using var loop = ChildProcess.Start("dotnet", [typeof(ProducerBenchmark).Assembly.Location, "bare-writer"]);
            var loopPort = (await loop.ReadLineAsync(deadline.Token)).GetProperty("port").GetInt32();
            var ratios = new List<double>();
            for (var run = 1; run <= runs; run++)
            {
                var served = await StreamReader.ReadStreamsAsync(producer.Port, vbuckets, events, deadline.Token);
                var bare = await StreamReader.ReadBareAsync(loopPort, served.Bytes, deadline.Token);
                var ratio = served.BytesASecond / bare.BytesASecond;
                ratios.Add(ratio);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{vbuckets,5} vbuckets, run {run}: {served.Events / served.Seconds,12:N0} events/s {served.BytesASecond / 1e6,8:N0} MB/s; bare loop {bare.BytesASecond / 1e9,5:N2} GB/s; ratio {ratio:N2}"));
            }
            ratios.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{vbuckets,5} vbuckets: median ratio {ratios[ratios.Count / 2]:N2} of {runs} runs, {ratios[0]:N2} to {ratios[^1]:N2}"));
        }
        await LoadAsync();
        return 0;
    }

    private static async Task LoadAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await using var producer = await BenchProducer.StartAsync(Deadline, vbuckets: 1_024, [], deadline.Token);
        var seconds = await DocumentLoader.LoadAsync(producer.Port, vbuckets: 1_024, DocumentsToLoad, deadline.Token);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{DocumentsToLoad:N0} documents of 256 B over the KV port, pipelined on one connection: {seconds:N2} s, {DocumentsToLoad / seconds:N0} a second"));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
