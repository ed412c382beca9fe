using System.CommandLine;
using ActorDcp.Host.CommandLine;
using Spectre.Console;

namespace ActorDcp.Host.Drain;

/// <summary>Streams a bucket to standard output or a file.</summary>
internal sealed class DrainVerb : Verb
{
    private readonly DrainArguments _arguments = new();

    public DrainVerb()
        : base(
            "drain",
            "Streams a bucket to standard output or a file, without a cluster.",
            "actordcp drain --connection couchbase://127.0.0.1 --user Administrator --password-file secret --bucket default --until now --values")
    {
        foreach (var option in _arguments.All)
            Options.Add(option);
    }

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        var options = _arguments.Read(arguments);
        var saveOffsets = arguments.GetValue(_arguments.SaveOffsets);
        var format = arguments.GetValue(_arguments.Format);
        using var logging = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(arguments.GetValue(_arguments.Verbose) ? LogLevel.Debug : LogLevel.Warning)
            .AddSimpleConsole(console => console.SingleLine = true)
            .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        using var output = Open(format, arguments.GetValue(_arguments.Out), arguments.GetValue(_arguments.Values), options.SystemEvents);
        var session = new DrainSession(options, output, TimeProvider.System, logging.CreateLogger("ActorDcp.Drain"));
        await using (session.ConfigureAwait(false))
        {
            try
            {
                var isBarUseful = !Console.IsErrorRedirected && (Console.IsOutputRedirected || format != DrainFormat.JsonLines || arguments.GetValue(_arguments.Out) is not null);
                using (isBarUseful ? new DrainProgress(session, new AnsiConsoleOutput(Console.Error), TimeProvider.System) : null)
                    await session.RunAsync(signals.Stopping).ConfigureAwait(false);
            }
            finally
            {
                if (saveOffsets is not null && session.VBuckets.Count > 0)
                    Save(session, saveOffsets);
                if (format == DrainFormat.Count && session.VBuckets.Count > 0)
                    terminal.Fact(DrainSummary.Of(session.Counters, TimeProvider.System).ToString());
            }
        }
        return ExitCode.Done;
    }

    private static IDrainOutput Open(DrainFormat format, string? file, bool values, bool systemEvents)
    {
        if (format != DrainFormat.JsonLines)
            return new NoOutput();
        try
        {
            // unbuffered: the output collects lines itself
            var stream = file is null ? Console.OpenStandardOutput() : new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            return new JsonLinesOutput(stream, values, systemEvents);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--out \"{file}\" cannot be written ({e.Message}): name a file that this process may write", e);
        }
    }

    private static void Save(DrainSession session, string file)
    {
        try
        {
            session.Offsets.Write(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"--save-offsets \"{file}\" cannot be written ({e.Message}): name a file that this process may write", e);
        }
    }
}
