using System.CommandLine;
using System.Text.Json.Nodes;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Producer.Control;

/// <summary>One action of <c>producer ctl</c>: a call of the control API.</summary>
internal sealed class ControlAction : Verb
{
    private readonly ControlOptions _common;
    private readonly HttpMethod _method;
    private readonly Func<ParseResult, string> _path;
    private readonly Func<ParseResult, JsonObject>? _body;

    public ControlAction(
        ControlOptions common, string name, string description, string example, HttpMethod method, Func<ParseResult, string> path,
        Func<ParseResult, JsonObject>? body, params IEnumerable<Option> options)
        : base(name, description, $"actordcp producer ctl {name}{(example.Length == 0 ? "" : " ")}{example}")
    {
        (_common, _method, _path, _body) = (common, method, path, body);
        foreach (var option in options.Concat(common.All))
            Options.Add(option);
    }

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        using var client = _common.Client(arguments);
        var answer = await client.SendAsync(_method, _path(arguments), _body?.Invoke(arguments), signals.Stopping).ConfigureAwait(false);
        if (_common.WantsJson(arguments))
            terminal.Fact(answer.GetRawText());
        else
            ControlTable.Write(answer, terminal.Output);
        return ExitCode.Done;
    }
}
