using ActorDcp.Benchmarks.Readers;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace ActorDcp.Benchmarks.Pieces;

/// <summary>Runs the pieces of the pipeline with BenchmarkDotNet, in this process: nothing is built or left behind but its report.</summary>
internal static class PieceBenchmarks
{
    /// <summary>The pieces by the word that asks for them, in the order in which an event meets them.</summary>
    internal static IReadOnlyDictionary<string, Type> All { get; } = new Dictionary<string, Type>(StringComparer.Ordinal)
    {
        ["readers"] = typeof(ReaderBenchmark),
        ["demultiplexer"] = typeof(DemultiplexerBenchmark),
        ["graph"] = typeof(GraphBenchmark),
        ["ledger"] = typeof(LedgerBenchmark),
        ["checkpoint"] = typeof(CheckpointBenchmark),
    };

    internal static int Run(params IEnumerable<Type> pieces)
    {
        var reports = Directory.CreateTempSubdirectory("actordcp-benchmark");
        try
        {
            var config = ManualConfig.CreateEmpty()
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .AddLogger(ConsoleLogger.Default)
                .WithArtifactsPath(reports.FullName);
            var summaries = pieces.Select(piece => BenchmarkRunner.Run(piece, config)).ToList();
            return summaries.Exists(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
        }
        finally
        {
            reports.Delete(recursive: true);
        }
    }
}
