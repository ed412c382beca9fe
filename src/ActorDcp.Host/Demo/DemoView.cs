using System.Globalization;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Http;
using ActorDcp.Producer;
using Spectre.Console;

namespace ActorDcp.Host.Demo;

/// <summary>What a person sees of the demo: a table that lives on a terminal, a line every two seconds in a pipe, nothing with --json.</summary>
internal sealed class DemoView
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan InPipe = TimeSpan.FromSeconds(2);

    private readonly Terminal _terminal;
    private readonly bool _silent;
    private readonly EmbeddedProducer _producer;
    private readonly DemoTally _tally;
    private readonly DemoLog _log;
    private readonly bool _isTerminal;
    private long _lastEvents;
    private long _lastTimestamp = TimeProvider.System.GetTimestamp();

    private DemoView(Terminal terminal, bool silent, EmbeddedProducer producer, DemoTally tally, DemoLog log)
    {
        _terminal = terminal;
        _silent = silent;
        _producer = producer;
        _tally = tally;
        _log = log;
        _isTerminal = !silent && !Console.IsOutputRedirected;
    }

    public static DemoView Create(Terminal terminal, bool silent, EmbeddedProducer producer, DemoTally tally, DemoLog log) =>
        new(terminal, silent, producer, tally, log);

    public void Begin(string folder)
    {
        Say($"embedded producer at {_producer.ConnectionString}, {_producer.Bucket.VBucketCount} vbuckets, {_producer.Bucket.DocumentCount} documents; data in {folder}");
        Say(_tally.Resumes
            ? "resuming where the last run stopped"
            : "starting from the beginning");
        if (_isTerminal)
            Say("Ctrl-C drains, checkpoints and ends");
    }

    public void Draining() => Say("draining: the batches in work are finished and the positions saved");

    public void End() => Say(string.Create(
        CultureInfo.InvariantCulture, $"{_tally.Events:N0} events handled, {_tally.Redelivered:N0} of them for the second time"));

    /// <summary>Shows the group until it ends.</summary>
    public async Task RunAsync(IGroupStatusSource group, CancellationToken ending)
    {
        if (!_isTerminal)
        {
            await EachAsync(InPipe, async () =>
            {
                Say(Line(await group.GetStatusAsync(ending).ConfigureAwait(false)));
            }, ending).ConfigureAwait(false);
            return;
        }
        await AnsiConsole.Live(new Text("starting")).AutoClear(true).StartAsync(async live =>
            await EachAsync(OnTerminal, async () =>
            {
                live.UpdateTarget(Picture(await group.GetStatusAsync(ending).ConfigureAwait(false)));
            }, ending).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task EachAsync(TimeSpan interval, Func<Task> show, CancellationToken ending)
    {
        using var timer = new PeriodicTimer(interval);
        try
        {
            do
                await show().ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(ending).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // the end of the demo
        }
    }

    private string Line(GroupStatus status)
    {
        var figures = Figures.Of(status);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Rate():N0} events/s, {_tally.Events:N0} handled, lag {figures.Lag:N0}, {States(status)}, window {figures.WindowUse:P0}, {figures.Uncheckpointed:N0} not checkpointed");
    }

    private Grid Picture(GroupStatus status)
    {
        var figures = Figures.Of(status);
        var numbers = new Table().Border(TableBorder.Rounded).Title("[bold]ActorDcp demo[/]").HideHeaders().AddColumns("", "");
        numbers.AddRow("events a second", string.Create(CultureInfo.InvariantCulture, $"[green]{Rate():N0}[/]"));
        numbers.AddRow("events handled", string.Create(CultureInfo.InvariantCulture, $"{_tally.Events:N0}"));
        numbers.AddRow("lag", string.Create(CultureInfo.InvariantCulture, $"{figures.Lag:N0} changes"));
        numbers.AddRow("vbuckets", Markup.Escape(States(status)));
        numbers.AddRow("window in use", string.Create(CultureInfo.InvariantCulture, $"{figures.WindowUse:P1} of {figures.Window / 1024 / 1024:N0} MiB"));
        numbers.AddRow("not checkpointed yet", string.Create(CultureInfo.InvariantCulture, $"{figures.Uncheckpointed:N0} changes"));
        numbers.AddRow("redelivered", string.Create(CultureInfo.InvariantCulture, $"{_tally.Redelivered:N0}"));
        numbers.AddRow("documents in the bucket", string.Create(CultureInfo.InvariantCulture, $"{_producer.Bucket.DocumentCount:N0}"));

        var members = new Table().Border(TableBorder.Rounded).AddColumns("member", "state", "vbuckets");
        foreach (var member in status.Members)
            members.AddRow(Markup.Escape(member.Member), Markup.Escape(member.State), member.VBuckets.ToString(CultureInfo.InvariantCulture));

        var grid = new Grid().AddColumn().AddRow(numbers).AddRow(members);
        foreach (var line in _log.Lines)
            grid.AddRow($"[yellow]{Markup.Escape(line)}[/]");
        return grid.AddRow("[grey]Ctrl-C drains, checkpoints and ends[/]");
    }

    private double Rate()
    {
        var (events, now) = (_tally.Events, TimeProvider.System.GetTimestamp());
        var rate = (events - _lastEvents) / Math.Max(0.001, TimeProvider.System.GetElapsedTime(_lastTimestamp, now).TotalSeconds);
        (_lastEvents, _lastTimestamp) = (events, now);
        return rate;
    }

    private void Say(string line)
    {
        if (!_silent)
            _terminal.Fact(line);
    }

    private static string States(GroupStatus status) =>
        string.Join(", ", status.VBuckets.GroupBy(row => row.State).OrderByDescending(same => same.Count()).Select(same => $"{same.Count()} {same.Key}"));

    private readonly record struct Figures(ulong Lag, ulong Uncheckpointed, long Window, double WindowUse)
    {
        public static Figures Of(GroupStatus status)
        {
            ulong lag = 0, uncheckpointed = 0;
            foreach (var row in status.VBuckets)
            {
                lag += row.High > row.Handled ? row.High - row.Handled : 0;
                uncheckpointed += row.Handled > row.Checkpointed ? row.Handled - row.Checkpointed : 0;
            }
            var window = status.Nodes.Sum(node => node.Window);
            return new Figures(lag, uncheckpointed, window, window == 0 ? 0 : (double)status.Nodes.Sum(node => node.Unacknowledged) / window);
        }
    }
}
