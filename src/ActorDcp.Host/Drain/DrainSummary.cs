using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorDcp.Host.Drain;

/// <summary>What <c>--format count</c> prints at the end; the names are the contract. Seconds and CPU per item count from the first event on.</summary>
internal sealed record DrainSummary(
    long Items,
    long Bytes,
    double Seconds,
    [property: JsonPropertyName("items_per_second")] double ItemsPerSecond,
    [property: JsonPropertyName("cpu_seconds")] double CpuSeconds,
    [property: JsonPropertyName("cpu_us_per_item")] double CpuMicrosecondsPerItem,
    [property: JsonPropertyName("peak_rss_bytes")] long PeakRssBytes,
    [property: JsonPropertyName("start_cpu_seconds")] double StartCpuSeconds)
{
    public static DrainSummary Of(DrainCounters counters, TimeProvider time)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var start = counters.StartCpu ?? cpu;
        var seconds = counters.StartCpu is null ? 0 : time.GetElapsedTime(counters.StartedAt).TotalSeconds;
        var spent = (cpu - start).TotalSeconds;
        using var process = Process.GetCurrentProcess();
        return new DrainSummary(
            counters.Items, counters.Bytes, Rounded(seconds), seconds > 0 ? Math.Round(counters.Items / seconds) : 0, Rounded(cpu.TotalSeconds),
            counters.Items > 0 ? Rounded(spent / counters.Items * 1e6) : 0, process.PeakWorkingSet64, Rounded(start.TotalSeconds));
    }

    public override string ToString() => JsonSerializer.Serialize(this, DrainJson.Default.DrainSummary);

    private static double Rounded(double value) => Math.Round(value, 4);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DrainSummary))]
internal sealed partial class DrainJson : JsonSerializerContext;
