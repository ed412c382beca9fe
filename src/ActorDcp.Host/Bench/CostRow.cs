namespace ActorDcp.Host.Bench;

/// <summary>What one subject costs, over all its runs.</summary>
internal sealed record CostRow
{
    public required int VBuckets { get; init; }

    /// <summary>Bytes of a document.</summary>
    public required int ValueSize { get; init; }

    public required string Subject { get; init; }

    /// <summary>CPU an event, in microseconds.</summary>
    public required Spread CpuMicroseconds { get; init; }

    /// <summary>CPU a MiB on the wire, in milliseconds.</summary>
    public required Spread CpuMillisecondsPerMebibyte { get; init; }

    /// <summary>Events a second between the few and the many.</summary>
    public required Spread EventsPerSecond { get; init; }

    /// <summary>Bytes a second on the wire likewise, producer and subject together on this machine.</summary>
    public required Spread BytesPerSecond { get; init; }

    /// <summary>CPU before the events and for them to be known of: what is left at no events.</summary>
    public required Spread StartCpuSeconds { get; init; }

    public required long PeakRssBytes { get; init; }

    /// <summary>Managed bytes allocated an event; null where the process does not say.</summary>
    public Spread? AllocatedBytes { get; init; }

    public Spread? SecondsToReady { get; init; }

    /// <summary>CPU against the reader of the same vbuckets, run by run.</summary>
    public Spread? TimesReader { get; init; }

    /// <summary>Bytes a second against the reader of the same vbuckets, run by run.</summary>
    public Spread? SpeedOfReader { get; init; }

    public static IEnumerable<CostRow> Of(
        int vbuckets, int valueSize, int fewEvents, int difference, IReadOnlyDictionary<string, List<(Measurement Few, Measurement Many)>> runs)
    {
        double Cpu((Measurement Few, Measurement Many) run) => (run.Many.CpuSeconds - run.Few.CpuSeconds) / difference * 1e6;
        double PerMebibyte((Measurement Few, Measurement Many) run) =>
            (run.Many.CpuSeconds - run.Few.CpuSeconds) * 1e3 / ((run.Many.Bytes!.Value - run.Few.Bytes!.Value) / (1024.0 * 1024));
        double Speed((Measurement Few, Measurement Many) run) => (run.Many.Bytes!.Value - run.Few.Bytes!.Value) / (run.Many.Seconds - run.Few.Seconds);
        var reader = runs.GetValueOrDefault(Subjects.Reader);
        foreach (var (subject, measured) in runs)
        {
            var few = measured[0].Few;
            yield return new CostRow
            {
                VBuckets = vbuckets,
                ValueSize = valueSize,
                Subject = subject,
                CpuMicroseconds = Spread.Of(measured.Select(Cpu)),
                CpuMillisecondsPerMebibyte = Spread.Of(measured.Select(PerMebibyte)),
                EventsPerSecond = Spread.Of(measured.Select(run => difference / (run.Many.Seconds - run.Few.Seconds))),
                BytesPerSecond = Spread.Of(measured.Select(Speed)),
                StartCpuSeconds = Spread.Of(measured.Select(run => run.Few.CpuSeconds - Cpu(run) * 1e-6 * fewEvents)),
                PeakRssBytes = measured.Max(run => run.Many.PeakRssBytes),
                AllocatedBytes = few.AllocatedBytes is null
                    ? null
                    : Spread.Of(measured.Select(run => (double)(run.Many.AllocatedBytes!.Value - run.Few.AllocatedBytes!.Value) / difference)),
                SecondsToReady = few.SecondsToReady is null ? null : Spread.Of(measured.SelectMany(run => new[] { run.Few.SecondsToReady!.Value, run.Many.SecondsToReady!.Value })),
                TimesReader = reader is null || subject == Subjects.Reader
                    ? null
                    : Spread.Of(measured.Zip(reader, (mine, theirs) => Cpu(mine) / Cpu(theirs))),
                SpeedOfReader = reader is null || subject == Subjects.Reader
                    ? null
                    : Spread.Of(measured.Zip(reader, (mine, theirs) => Speed(mine) / Speed(theirs))),
            };
        }
    }
}
