using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Bench;

/// <summary>Measures this machine and this build: all subjects in turns, in one run, so that their ratios mean something on a noisy machine too.</summary>
internal sealed class BenchVerb : Verb
{
    private const int FewestForOthers = 8;
    private const int MostMinutes = 7 * 24 * 60;

    private static readonly string[] Measures = [.. Enum.GetNames<BenchMeasure>().Select(name => name.ToLowerInvariant())];

    private readonly Option<IReadOnlyList<string>> _measure = Words("--measure", "what to measure", ["cost"], Measures);
    private readonly Option<IReadOnlyList<string>> _subjects = Words("--subjects", "whose cost", Bench.Subjects.All, Bench.Subjects.All);
    private readonly Option<IReadOnlyList<int>> _vbuckets = Numbers("--vbuckets", "vbuckets of the bucket, one or more numbers", [64, 1024], least: 1, most: 1024);
    private readonly Option<IReadOnlyList<int>> _events = Numbers("--events", "events of the shorter and of the longer run: the cost is the slope between them. Of values above 256 bytes fewer, that make as many bytes", [1_000_000, 6_000_000], least: 1, most: 100_000_000);
    private readonly Option<IReadOnlyList<int>> _valueSizes = Numbers("--value-size", "bytes of a document; one or more numbers for the measure cost", [256], least: 0, most: 20 * 1024 * 1024);
    private readonly Option<int> _runs = OptionOf.Number("--runs", "how often each is repeated, in turns", 5, 1, 100);
    private readonly Option<int> _pace = OptionOf.Number("--pace", "documents that the producer writes a second, for the measures pace and memory", 100_000, 1, 10_000_000);
    private readonly Option<int> _writes = OptionOf.Number("--writes-per-second", "documents written through KV a second, for the measure latency", 5_000, 1, 1_000_000);
    private readonly Option<int> _warm = OptionOf.Number("--warm", "seconds before pace and latency are looked at", 10, 1, 600);
    private readonly Option<int> _watched = OptionOf.Number("--watched", "seconds that a run of pace or latency is looked at", 5, 1, 600);
    private readonly Option<double> _minutes = OptionOf.Parsed("--minutes", "how long the measure memory looks at a member", 60.0, text =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes) && minutes is > 0 and <= MostMinutes
            ? (minutes, null)
            : (0, string.Create(CultureInfo.InvariantCulture, $"is not in range: write a number above 0 and up to {MostMinutes}")));
    private readonly Option<bool> _quick = OptionOf.Flag("--quick", "a first look: 64 vbuckets, 200000 and 1000000 events, two runs, unless said otherwise");
    private readonly Option<bool> _json = OptionOf.Flag("--json", "print one JSON object instead of tables");

    public BenchVerb()
        : base(
            "bench",
            "Measures what a drain and a member cost beside a loop that only reads the same bytes, each a process of its own, against the embedded producer.",
            "actordcp bench --measure cost,latency --vbuckets 64 --runs 5")
    {
        foreach (var option in new Option[] { _measure, _subjects, _vbuckets, _events, _valueSizes, _runs, _pace, _writes, _warm, _watched, _minutes, _quick, _json })
            Options.Add(option);
    }

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        var asked = Read(arguments);
        var measures = arguments.GetValue(_measure)!.Select(measure => Enum.Parse<BenchMeasure>(measure, ignoreCase: true)).ToHashSet();
        if (measures.Contains(BenchMeasure.Isolation) && asked.VBuckets.Any(vbuckets => vbuckets < FewestForOthers))
            throw new UsageException($"--vbuckets below {FewestForOthers} leave a slow vbucket hardly any others: take more for the measure isolation");
        if (asked.ValueSizes.Count > 1 && measures.Any(measure => measure != BenchMeasure.Cost))
            throw new UsageException($"--value-size \"{string.Join(',', asked.ValueSizes)}\" are several: only the measure cost takes more than one");
        var report = new BenchReport(Environment.ProcessorCount, asked.Runs, asked.FewEvents, asked.ManyEvents, asked.ValueSizes);
        if (measures.Contains(BenchMeasure.Cost))
            report = report with { Cost = await CostBench.RunAsync(asked, terminal, signals.Stopping).ConfigureAwait(false) };
        if (measures.Contains(BenchMeasure.Pace))
            report = report with { Pace = await PaceBench.RunAsync(asked, terminal, signals.Stopping).ConfigureAwait(false) };
        if (measures.Contains(BenchMeasure.Latency))
            report = report with { Latency = await LatencyBench.RunAsync(asked, terminal, signals.Stopping).ConfigureAwait(false) };
        if (measures.Contains(BenchMeasure.Isolation))
            report = report with { Isolation = await IsolationBench.RunAsync(asked, terminal, signals.Stopping).ConfigureAwait(false) };
        if (measures.Contains(BenchMeasure.Memory))
            report = report with { Memory = await MemoryBench.RunAsync(asked, terminal, signals.Stopping).ConfigureAwait(false) };
        terminal.Fact(arguments.GetValue(_json) ? JsonSerializer.Serialize(report, BenchJson.Default.BenchReport) : BenchTables.Of(report));
        return ExitCode.Done;
    }

    private BenchArguments Read(ParseResult arguments)
    {
        var quick = arguments.GetValue(_quick);
        T Of<T>(Option<T> option, T whenQuick) => quick && arguments.GetResult(option) is null or { Implicit: true } ? whenQuick : arguments.GetValue(option)!;
        var events = Of(_events, [200_000, 1_000_000]);
        if (events is not [var few, var many] || few >= many)
            throw new UsageException($"--events \"{string.Join(',', events)}\" does not give a slope: write two numbers, the smaller first, such as 1000000,6000000");
        return new BenchArguments(
            Of(_vbuckets, [64]), few, many, arguments.GetValue(_valueSizes)!, Of(_runs, 2), arguments.GetValue(_subjects)!,
            arguments.GetValue(_pace), arguments.GetValue(_writes), TimeSpan.FromSeconds(Of(_warm, 3)), TimeSpan.FromSeconds(Of(_watched, 2)),
            TimeSpan.FromMinutes(Of(_minutes, 1)));
    }

    private static Option<IReadOnlyList<string>> Words(string name, string description, IReadOnlyList<string> fallback, IReadOnlyList<string> known) =>
        OptionOf.Parsed(name, $"{description}: one or more of {string.Join(", ", known)}", fallback, text =>
        {
            var words = text.Split(',');
            return words.All(known.Contains) ? ((IReadOnlyList<string>)words, null) : ([], $"is not known: write one or more of {string.Join(",", known)}");
        });

    private static Option<IReadOnlyList<int>> Numbers(string name, string description, IReadOnlyList<int> fallback, int least, int most) =>
        OptionOf.Parsed(name, description, fallback, text =>
        {
            var numbers = text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToList();
            return numbers.TrueForAll(number => number >= least && number <= most)
                ? ((IReadOnlyList<int>)numbers, null)
                : ([], string.Create(CultureInfo.InvariantCulture, $"is not in range: write whole numbers from {least} to {most}, with commas between them"));
        });
}
