using System.Text.Json.Serialization;

namespace ActorDcp.Host.Bench;

/// <summary>All that was measured; what was not asked for is absent.</summary>
internal sealed record BenchReport(
    int Cores, int Runs, int FewEvents, int ManyEvents, IReadOnlyList<int> ValueSizes,
    IReadOnlyList<CostRow>? Cost = null, IReadOnlyList<PaceRow>? Pace = null, IReadOnlyList<LatencyRow>? Latency = null, IReadOnlyList<IsolationRow>? Isolation = null,
    IReadOnlyList<MemoryRow>? Memory = null);

/// <summary>What the reader says at its end.</summary>
internal sealed record ReaderSummary(double CpuSeconds, long PeakRssBytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(ReaderSummary))]
internal sealed partial class BenchJson : JsonSerializerContext;
