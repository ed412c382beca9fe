using System.Text.Json;

namespace ActorDcp.Benchmarks.Cost;

/// <summary>Prints what was measured, as a table or as one JSON object.</summary>
internal static class CostReport
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void Print(CostArguments arguments, IReadOnlyList<CostRow> rows)
    {
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        if (arguments.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(
                new { cores = Environment.ProcessorCount, load, arguments.FewEvents, arguments.ManyEvents, arguments.Runs, rows }, Json));
            return;
        }
        Console.WriteLine($"slope between {arguments.FewEvents} and {arguments.ManyEvents} events, {arguments.Runs} runs: median (least-most); {Environment.ProcessorCount} cores, load {load} at the end");
        Console.WriteLine();
        Console.WriteLine("| vbuckets | subject | CPU us an event | times reader | events a second | start CPU s | ready after s | peak RSS MiB | allocated B an event |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            Console.WriteLine(
                $"| {row.VBuckets} | {row.Subject} | {row.CpuMicroseconds.Text("0.00")} | {row.TimesReader?.Text("0.0") ?? "-"} | {row.EventsPerSecond.Text("0")} | {row.StartCpuSeconds.Text("0.0")} | {row.SecondsToReady?.Text("0.0") ?? "-"} | {row.PeakRssBytes / (1024 * 1024)} | {row.AllocatedBytes?.Text("0.0") ?? "-"} |");
        }
    }
}
