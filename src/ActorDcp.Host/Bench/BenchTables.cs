using System.Globalization;
using System.Text;

namespace ActorDcp.Host.Bench;

/// <summary>Writes what was measured as Markdown tables: median (least-most) of the runs.</summary>
internal static class BenchTables
{
    public static string Of(BenchReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{report.Cores} cores, values of {string.Join(", ", report.ValueSizes)} B, {report.Runs} runs in turns: median (least-most)").AppendLine();
        Cost(text, report);
        Pace(text, report);
        Latency(text, report);
        Isolation(text, report);
        Memory(text, report);
        return text.ToString();
    }

    private static void Cost(StringBuilder text, BenchReport report)
    {
        if (report.Cost is null)
            return;
        Head(text, $"Cost, as the slope between {report.FewEvents} and {report.ManyEvents} events, or as many bytes of larger ones",
            "vbuckets", "value B", "subject", "CPU us an event", "CPU ms a MiB", "times reader", "MB/s", "of reader", "start CPU s", "ready after s", "peak RSS MiB", "allocated B an event");
        foreach (var row in report.Cost)
        {
            Row(text, Number(row.VBuckets), Number(row.ValueSize), row.Subject, row.CpuMicroseconds.Text("0.00"), row.CpuMillisecondsPerMebibyte.Text("0.00"), row.TimesReader?.Text("0.0"), row.BytesPerSecond.Text("0", 1e-6),
                row.SpeedOfReader?.Text("0.00"), row.StartCpuSeconds.Text("0.0"), row.SecondsToReady?.Text("0.0"), Number(row.PeakRssBytes / (1024 * 1024)), row.AllocatedBytes?.Text("0.0"));
        }
    }

    private static void Pace(StringBuilder text, BenchReport report)
    {
        if (report.Pace is null)
            return;
        Head(text, "At one pace", "vbuckets", "written a second", "handled a second", "reader, processors", "member, processors", "times reader");
        foreach (var row in report.Pace)
            Row(text, Number(row.VBuckets), Number(row.Pace), row.EventsPerSecond.Text("0"), row.ReaderCpu.Text("0.000"), row.MemberCpu.Text("0.000"), row.TimesReader.Text("0.0"));
    }

    private static void Latency(StringBuilder text, BenchReport report)
    {
        if (report.Latency is null)
            return;
        Head(text, "From a write's answer to its handler, ms", "vbuckets", "writes a second", "median", "p99", "longest");
        foreach (var row in report.Latency)
            Row(text, Number(row.VBuckets), Number(row.WritesPerSecond), row.MedianMs.Text("0.00"), row.P99Ms.Text("0.00"), row.MostMs.Text("0.0"));
    }

    private static void Isolation(StringBuilder text, BenchReport report)
    {
        if (report.Isolation is null)
            return;
        Head(text, "Beside a vbucket whose handler sleeps a second a batch", "vbuckets", "others, events a second without", "with", "ratio", "bytes read over delivered");
        foreach (var row in report.Isolation)
            Row(text, Number(row.VBuckets), row.EventsPerSecond.Text("0"), row.BesideSlow.Text("0"), row.Ratio.Text("0.00"), row.ReadOverDelivered.Text("0.00"));
    }

    private static void Memory(StringBuilder text, BenchReport report)
    {
        if (report.Memory is null)
            return;
        Head(text, "A member's memory at one pace, and its slope after the first third of the time", "vbuckets", "written a second", "handled a second",
            "minutes", "resident MiB, first third", "last", "slope MiB an hour", "managed heap MiB, first third", "last", "slope MiB an hour");
        foreach (var row in report.Memory)
        {
            var (warm, last) = (row.Samples[row.Samples.Count / 3], row.Samples[^1]);
            Row(text, Number(row.VBuckets), Number(row.Pace), row.EventsPerSecond.ToString("0", CultureInfo.InvariantCulture), last.Minutes.ToString("0.0", CultureInfo.InvariantCulture),
                Number(warm.RssBytes / (1024 * 1024)), Number(last.RssBytes / (1024 * 1024)), row.RssMebibytesPerHour.ToString("0.0", CultureInfo.InvariantCulture),
                Number(warm.HeapBytes / (1024 * 1024)), Number(last.HeapBytes / (1024 * 1024)), row.HeapMebibytesPerHour.ToString("0.0", CultureInfo.InvariantCulture));
        }
    }

    private static void Head(StringBuilder text, string title, params string[] columns)
    {
        text.AppendLine().AppendLine(title).AppendLine();
        Row(text, columns);
        Row(text, [.. columns.Select(_ => "---")]);
    }

    private static void Row(StringBuilder text, params string?[] cells) =>
        text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell ?? "-")).AppendLine(" |");

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
