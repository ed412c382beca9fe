using System.Diagnostics;
using System.Globalization;
using ActorDcp.Client;
using ActorDcp.Protocol.Sasl;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Benchmarks;

/// <summary>Takes and releases batches of all streams on the thread pool, and measures the slope after a warm-up.</summary>
internal static class StreamBenchmark
{
    private const int WarmUpMillions = 1;

    internal static async Task<int> RunAsync(int streams, int millions, int valueBytes)
    {
        using var node = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["node", $"{streams}", $"{valueBytes}"]) { RedirectStandardOutput = true })!;
        try
        {
            var port = int.Parse((await node.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            await using var connection = await DcpConnection.OpenAsync(
                new DcpConnectionOptions
                {
                    Name = "benchmark",
                    Kv = new KvConnectionOptions
                    {
                        Endpoint = new KvEndpoint("127.0.0.1", port),
                        Credentials = new KvCredentials("benchmark", "benchmark"),
                        SaslMechanism = SaslMechanism.Plain,
                    },
                },
                TimeProvider.System, NullLogger.Instance, CancellationToken.None);
            for (var vbucket = 0; vbucket < streams; vbucket++)
            {
                var result = await connection.RequestStreamAsync(
                    new StreamRequest(VBucketId.From(vbucket), StreamOffset.Beginning, Seqno.Max), CancellationToken.None);
                new BenchmarkTaker(((StreamRequestResult.Opened)result).Source).Start();
            }
            await BenchmarkTaker.ReachedAsync(WarmUpMillions * 1_000_000L);
            var before = Sample.Take();
            await BenchmarkTaker.ReachedAsync((WarmUpMillions + millions) * 1_000_000L);
            var after = Sample.Take();
            var events = after.Events - before.Events;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{streams} streams, {valueBytes} B: {(after.Cpu - before.Cpu).TotalMicroseconds / events:0.000} us CPU an event, {events / (after.Wall - before.Wall).TotalSeconds / 1e6:0.00} M events/s, {(double)events / (after.Batches - before.Batches):0.0} events a batch, {(double)(after.Allocated - before.Allocated) / events:0.0} B allocated an event, pinned {connection.Statistics.PinnedBytes / 1024} KiB"));
            return 0;
        }
        finally
        {
            node.Kill();
        }
    }

    private readonly record struct Sample(long Events, long Batches, long Allocated, TimeSpan Cpu, TimeSpan Wall)
    {
        internal static Sample Take() => new(
            BenchmarkTaker.Events, BenchmarkTaker.Batches, GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime,
            TimeSpan.FromSeconds((double)Stopwatch.GetTimestamp() / Stopwatch.Frequency));
    }
}
