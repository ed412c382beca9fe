using System.CommandLine;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Http;
using Spectre.Console;

namespace ActorDcp.Host.Operate;

/// <summary>Looks at a running group again and again: how fast each member goes, and which vbuckets are behind or do not stream.</summary>
internal sealed class TopVerb : GroupVerb
{
    private readonly Option<int> _interval = OptionOf.Number("--interval", "seconds between two looks", 2, 1, 3_600);
    private readonly Option<int> _rows = OptionOf.Number("--rows", "most vbuckets shown", 20, 0, 65_536);
    private readonly Option<int> _looks = OptionOf.Number("--looks", "ends after so many looks; 0 goes on until Ctrl-C", 0, 0, int.MaxValue);
    private readonly Option<bool> _json = OptionOf.Flag("--json", "print a line of JSON for each look");

    public TopVerb()
        : base("top", "Shows a running group's speed and lag, and the vbuckets that need a look, until Ctrl-C.", "actordcp top --url http://127.0.0.1:8080 --interval 1")
    {
        foreach (var option in new Option[] { _interval, _rows, _looks, _json })
            Options.Add(option);
    }

    protected override async Task RunAsync(MemberClient member, MemberQuestion question, Terminal terminal, CancellationToken stopping)
    {
        var arguments = question.Arguments;
        if (arguments.GetValue(_json))
            await LookAsync(look => terminal.Fact(JsonSerializer.Serialize(look, TopJson.Default.TopLook))).ConfigureAwait(false);
        else if (Console.IsOutputRedirected)
            await LookAsync(look => TableConsole.On(terminal.Output).Write(TopTables.Picture(look))).ConfigureAwait(false);
        else
            await AnsiConsole.Live(new Text("looking")).StartAsync(live => LookAsync(look => live.UpdateTarget(TopTables.Picture(look)))).ConfigureAwait(false);

        async Task LookAsync(Action<TopLook> show)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(arguments.GetValue(_interval)));
            (GroupStatus Status, long At)? before = null;
            for (var left = arguments.GetValue(_looks); ; left--)
            {
                var status = await member.GetAsync($"{question.Path}/status", ApiJson.Default.GroupStatus, stopping).ConfigureAwait(false);
                var at = TimeProvider.System.GetTimestamp();
                show(TopLook.Of(status, before?.Status, before is { } then ? TimeProvider.System.GetElapsedTime(then.At, at) : TimeSpan.Zero, arguments.GetValue(_rows)));
                before = (status, at);
                if (left == 1)
                    return;
                await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false);
            }
        }
    }
}
