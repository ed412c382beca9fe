using System.CommandLine;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Bench;

/// <summary>The loop that <c>bench</c> compares with, as the process that it starts. Not shown.</summary>
internal sealed class BenchReaderVerb : Verb
{
    public const string VerbName = "bench-reader";

    private readonly Option<int> _port = OptionOf.Number("--port", "KV port of the embedded producer", 11210, 1, 65_535);
    private readonly Option<int> _vbuckets = OptionOf.Number("--vbuckets", "vbuckets of its bucket", 1024, 1, 1024);
    private readonly Option<long> _bytes = OptionOf.LongNumber("--bytes", "ends after so many", long.MaxValue, 1);

    public BenchReaderVerb()
        : base(VerbName, "Reads all streams of the embedded producer and looks at nothing.", "actordcp bench-reader --port 11210 --vbuckets 64 --bytes 1000000")
    {
        Hidden = true;
        foreach (var option in new Option[] { _port, _vbuckets, _bytes })
            Options.Add(option);
    }

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        terminal.Fact(await BareReader.RunAsync(
            arguments.GetValue(_port), arguments.GetValue(_vbuckets), arguments.GetValue(_bytes), signals.Stopping).ConfigureAwait(false));
        return ExitCode.Done;
    }
}
