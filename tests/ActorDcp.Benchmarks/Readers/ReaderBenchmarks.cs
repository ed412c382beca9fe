using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace ActorDcp.Benchmarks.Readers;

/// <summary>Runs <see cref="ReaderBenchmark"/> with BenchmarkDotNet, in this process: nothing is built or left behind but its report.</summary>
internal static class ReaderBenchmarks
{
    internal static int Run()
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
            var summary = BenchmarkRunner.Run<ReaderBenchmark>(config);
            return summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success) ? 1 : 0;
        }
        finally
        {
            reports.Delete(recursive: true);
        }
    }
}
